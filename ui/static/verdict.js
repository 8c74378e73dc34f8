// What is done with an answer: thumbs, a reason, a copy.

import { t, toast } from "./shared.js";

export async function act(chat, name, element) {
  const turn = element.closest(".turn");
  if (name === "good" || name === "bad") await judge(chat, turn, element);
  else if (name === "comment") await comment(chat, turn, element);
  else if (name === "copy") await copy(chat, turn);
}

async function judge(chat, turn, button) {
  const verdict = { good: "up", bad: "down" }[button.dataset.do];
  const wanted = button.getAttribute("aria-pressed") === "true" ? "" : verdict;
  const problem = await post(`/answers/${turn.dataset.answer}/verdict`, { verdict: wanted });
  if (problem) return toast(chat.root, problem);
  for (const each of turn.querySelectorAll("[aria-pressed]")) {
    each.setAttribute("aria-pressed", String(each === button && wanted !== ""));
  }
  const form = turn.querySelector(".reason");
  form.hidden = wanted === "";
  if (wanted === "") toast(chat.root, t("verdict_taken_back"));
  else form.scrollIntoView({ block: "nearest" });
}

async function comment(chat, turn, form) {
  const box = form.elements.comment;
  const problem = await post(`/answers/${turn.dataset.answer}/comment`, { comment: box.value });
  if (problem) return toast(chat.root, problem);
  form.hidden = true;
  toast(chat.root, t("thanks"));
  chat.box.focus();
}

// Give what went wrong, in words; nothing where all is well.
async function post(address, body) {
  const headers = { "Content-Type": "application/json" };
  try {
    const answer = await fetch(address, { method: "POST", headers, body: JSON.stringify(body) });
    if (answer.ok) return "";
    return answer.status === 400 ? (await answer.json()).detail : t("verdict_not_kept");
  } catch {
    return t("verdict_not_kept");
  }
}

async function copy(chat, turn) {
  try {
    const answer = await fetch(`/answers/${turn.dataset.answer}.md?lang=${document.documentElement.lang}`);
    if (!answer.ok) throw new Error(answer.statusText);
    await toClipboard(await answer.text());
    toast(chat.root, t("copied"));
  } catch {
    toast(chat.root, t("copy_failed"));
  }
}

async function toClipboard(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  // Over plain http, other than on the machine itself, there is only the old way.
  const box = document.createElement("textarea");
  box.value = text;
  document.body.append(box);
  box.select();
  const done = document.execCommand("copy");
  box.remove();
  if (!done) throw new Error("refused");
}
