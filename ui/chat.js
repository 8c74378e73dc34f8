// Brings the beginning of each new answer into view; Gradio itself scrolls to the end of its sources.
window.addEventListener("load", () => {
  let answers = 0;
  new MutationObserver(() => {
    const found = document.querySelectorAll(".summit-answer");
    if (found.length > answers) {
      const turns = document.querySelectorAll(".message-row.user-row, .message.user");
      const last = turns[turns.length - 1] || found[found.length - 1];
      last.scrollIntoView({ block: "start" });
    }
    answers = found.length;
  }).observe(document.body, { childList: true, subtree: true });
});
