// Brings the beginning of each new answer into view, without moving the page around the conversation.
// Gradio puts this in when the page has loaded, so there is no load event to wait for.
{
  let answers = 0;
  new MutationObserver(() => {
    const found = document.querySelectorAll(".summit-answer");
    if (found.length > answers) {
      const last = [...document.querySelectorAll(".message-row.user-row")].pop();
      const log = last?.closest("[role=log]");
      if (log) log.scrollTop += last.getBoundingClientRect().top - log.getBoundingClientRect().top;
    }
    answers = found.length;
  }).observe(document.body, { childList: true, subtree: true });
}
