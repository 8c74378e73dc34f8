// Keeps the beginning of an answer in view while it comes, without moving the page around it.
// Gradio puts this in when the page has loaded, so there is no load event to wait for.
{
  let before = "";
  new MutationObserver(() => {
    const answers = [...document.querySelectorAll(".summit-answer")];
    const now = answers.length + (answers.at(-1)?.textContent ?? "");
    if (now === before) return;
    before = now;
    const question = [...document.querySelectorAll(".message-row.user-row")].at(-1);
    const log = question?.closest("[role=log]");
    if (log) log.scrollTop += question.getBoundingClientRect().top - log.getBoundingClientRect().top;
  }).observe(document.body, { childList: true, subtree: true });
}
