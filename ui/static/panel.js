// The source beside the answer: opens at the quotation, goes to the next, returns to its marker.

import { t } from "./shared.js";

export class Panel {
  constructor(root) {
    this.root = root;
    this.home = root.querySelector(".composer");
    this.panel = root.querySelector(".panel");
    this.turn = null;
    this.number = 0;
  }

  get items() {
    return [...this.turn.querySelectorAll(".sources li")];
  }

  async open(turn, marker, opener) {
    this.turn = turn;
    this.opener = opener;
    // In the order of the page it follows its answer, for the eye on a phone and for the ear.
    turn.querySelector(".answer").after(this.panel);
    this.panel.hidden = false;
    this.root.classList.add("with-panel");
    await this.show(this.items.findIndex((item) => item.dataset.marker === String(marker)));
    this.panel.focus({ preventScroll: true });
    this.panel.scrollIntoView({ block: "nearest" });
  }

  async step(by) {
    const count = this.items.length;
    await this.show((this.number + by + count) % count);
    this.panel.scrollIntoView({ block: "nearest" });
  }

  async show(number) {
    this.number = number;
    const item = this.items[number];
    const title = item.querySelector(".title").textContent;
    const position = t("position", { number: number + 1, count: this.items.length });
    this.panel.querySelector(".position").textContent = position;
    this.panel.setAttribute("aria-label", `${t("source")} ${position}: ${title}`);
    for (const name of ["previous", "next"]) {
      this.panel.querySelector(`[data-do=${name}]`).disabled = this.items.length < 2;
    }
    this.panel.querySelector(".panel-origin").replaceChildren(...this.origin(item, title));
    this.mark(item.dataset.marker);
    const text = this.panel.querySelector(".panel-text");
    text.textContent = t("loading");
    text.replaceChildren(...(await fetched(item.dataset.source)));
    const quotation = text.querySelector("#quotation");
    if (!quotation) return;
    quotation.removeAttribute("id");
    const top = quotation.getBoundingClientRect().top - text.getBoundingClientRect().top;
    text.scrollTop += top - text.clientHeight / 3;
  }

  origin(item, title) {
    const heading = document.createElement("h3");
    const link = document.createElement("a");
    link.href = item.dataset.source;
    link.target = "_blank";
    link.title = t("open_document");
    link.textContent = title;
    heading.append(link);
    const about = item.querySelector("p").cloneNode(true);
    about.querySelector(".title").remove();
    // The dot that stood between the title and the rest.
    const [first] = about.childNodes;
    if (first?.textContent.trim() === "·") first.remove();
    return [heading, about];
  }

  markCurrent() {
    this.mark(this.items[this.number].dataset.marker);
  }

  mark(marker) {
    for (const each of this.root.querySelectorAll(".marker[aria-current]")) {
      each.removeAttribute("aria-current");
    }
    for (const each of this.turn.querySelectorAll(`.marker[data-marker="${marker}"]`)) {
      each.setAttribute("aria-current", "true");
    }
  }

  close() {
    if (this.panel.hidden) return false;
    const { opener, turn } = this;
    this.away();
    // The answer may have been written anew since, and its marker with it.
    const marker = opener.isConnected
      ? opener
      : turn.querySelector(`[data-do=open][data-marker="${opener.dataset.marker}"]`);
    marker?.focus();
    return true;
  }

  away() {
    this.panel.hidden = true;
    this.root.classList.remove("with-panel");
    this.home.before(this.panel);
    if (this.turn) this.mark("");
    this.turn = null;
  }

  // Out of an answer that is about to be written anew or removed.
  leave(turn) {
    if (this.turn === turn) this.away();
  }
}

async function fetched(address) {
  const gone = document.createElement("p");
  gone.textContent = t("source_gone");
  try {
    const answer = await fetch(address);
    if (!answer.ok) return [gone];
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const text = page.querySelector(".document-text");
    const language = page.querySelector("article").lang;
    text.lang = language;
    return [document.adoptNode(text)];
  } catch {
    gone.textContent = t("unreachable");
    return [gone];
  }
}

// The quotation behind a marker, shown while the pointer or the focus is on it.
export function preview(root) {
  const show = (marker) => {
    const box = root.querySelector(".preview");
    const quote = document.getElementById(marker.getAttribute("aria-describedby"));
    box.textContent = quote.textContent;
    box.dir = "auto";
    box.hidden = false;
    const at = marker.getBoundingClientRect();
    const room = document.documentElement.clientWidth - box.offsetWidth - 8;
    box.style.left = `${Math.max(8, Math.min(at.left, room))}px`;
    const above = at.top - box.offsetHeight - 6;
    box.style.top = `${above > 8 ? above : at.bottom + 6}px`;
  };
  const hide = () => {
    const box = root.querySelector(".preview");
    if (box) box.hidden = true;
  };
  const shown = (event) => {
    const marker = event.target.closest(".marker");
    if (marker) show(marker);
    else if (!event.target.closest(".preview")) hide();
  };
  root.addEventListener("pointerover", shown);
  root.addEventListener("focusin", shown);
  root.addEventListener("focusout", hide);
  root.addEventListener("scroll", hide, true);
  root.addEventListener("keydown", (event) => {
    if (event.key === "Escape") hide();
  });
}
