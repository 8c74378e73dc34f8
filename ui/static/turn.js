// One turn on the page: its question, and what stands below it as the answer grows.

import { t } from "./shared.js";

export function begin(turns, key, question) {
  const turn = document.createElement("article");
  turn.className = "turn";
  turn.dataset.key = key;
  const number = turns.querySelectorAll(".turn:not([hidden])").length + 1;
  turn.setAttribute("aria-label", t("turn", { number, question }));
  const heading = document.createElement("h2");
  heading.className = "question";
  heading.dir = "auto";
  heading.textContent = question;
  const answer = document.createElement("div");
  answer.className = "answer";
  answer.append(paragraph("waiting", t("reading")));
  turn.append(heading, answer);
  turns.append(turn);
  turn.scrollIntoView({ block: "start" });
  return turn;
}

// Who is on a marker already stays there.
export function write(turn, html) {
  const marker = turn.contains(document.activeElement) && document.activeElement.dataset.marker;
  turn.querySelector(".answer").innerHTML = html;
  if (marker) turn.querySelector(`.marker[data-marker="${marker}"]`)?.focus();
}

// The answer may be in use by now, so that only what is new is put in.
export function suggest(turn, html) {
  const answer = turn.querySelector(".answer");
  const page = new DOMParser().parseFromString(html, "text/html");
  const more = page.querySelector(".suggestions");
  if (more && !answer.querySelector(".suggestions")) answer.append(document.adoptNode(more));
}

export function fail(turn, reason) {
  const actions = document.createElement("div");
  actions.className = "actions";
  for (const [name, text] of [["retry", "try_again"], ["edit", "edit"]]) {
    const button = document.createElement("button");
    button.type = "button";
    button.dataset.do = name;
    button.textContent = t(text);
    actions.append(button);
  }
  turn.querySelector(".answer").replaceChildren(paragraph("notice", t(reason)), actions);
}

export function after(turn) {
  const turns = [...turn.parentElement.children];
  return turns.slice(turns.indexOf(turn) + 1);
}

function paragraph(name, text) {
  const made = document.createElement("p");
  made.className = name;
  made.textContent = text;
  return made;
}
