// The list of conversations: which there are is known to this browser alone.

import { keep, t, toast } from "./shared.js";

export const kept = {
  all: () => keep.read("localStorage", "conversations", []),
  add(id, title, document) {
    const others = kept.all().filter((each) => each.id !== id);
    const known = kept.all().find((each) => each.id === id);
    const day = new Date().toISOString().slice(0, 10);
    const entry = { id, title: known?.title ?? title.slice(0, 120), day, document };
    keep.write("localStorage", "conversations", [entry, ...others]);
  },
  remove(id) {
    keep.write("localStorage", "conversations", kept.all().filter((each) => each.id !== id));
  },
};

export class Menu {
  constructor(root, chat) {
    this.root = root;
    this.chat = chat;
    this.dialog = root.querySelector(".menu");
    this.sure = root.querySelector(".sure");
  }

  open() {
    this.fill();
    this.dialog.showModal();
  }

  fill() {
    const all = kept.all();
    this.dialog.querySelector(".kept").replaceChildren(...all.map((each) => this.entry(each)));
    this.dialog.querySelector(".none").hidden = all.length > 0;
    for (const each of this.dialog.querySelectorAll(".some")) each.hidden = all.length === 0;
    this.dialog.querySelector(".exports").hidden = !this.chat.conversation;
    for (const link of this.dialog.querySelectorAll("[data-export]")) {
      link.href = `/conversations/${this.chat.conversation}.${link.dataset.export}`;
    }
  }

  entry({ id, title, day, document: asked }) {
    const item = document.createElement("li");
    const open = document.createElement("button");
    open.type = "button";
    open.className = "plain";
    open.dir = "auto";
    open.textContent = title;
    if (id === this.chat.conversation) open.setAttribute("aria-current", "true");
    open.addEventListener("click", () => {
      this.dialog.close();
      this.chat.goTo(id, asked);
    });
    const when = document.createElement("span");
    when.className = "small";
    when.textContent = day;
    const remove = document.createElement("button");
    remove.type = "button";
    remove.textContent = t("delete");
    remove.setAttribute("aria-label", t("delete_this", { title }));
    remove.addEventListener("click", () => this.ask(t("delete_sure"), [id]));
    item.append(open, when, remove);
    return item;
  }

  ask(question, ids) {
    this.doomed = ids;
    this.sure.querySelector("#sure-text").textContent = question;
    this.sure.showModal();
    this.sure.querySelector("[data-do=not-sure]").focus();
  }

  deleteAll() {
    this.ask(t("delete_all_sure"), kept.all().map((each) => each.id));
  }

  async delete() {
    this.sure.close();
    let deleted = true;
    for (const id of this.doomed) {
      if (await removed(id)) kept.remove(id);
      else deleted = false;
    }
    const gone = !kept.all().some((each) => each.id === this.chat.conversation);
    if (this.doomed.includes(this.chat.conversation) && gone) {
      this.dialog.close();
      await this.chat.load("");
    } else {
      this.fill();
      this.dialog.querySelector("button").focus();
    }
    toast(this.root, t(deleted ? "deleted" : "deletion_failed"));
  }
}

async function removed(id) {
  try {
    const answer = await fetch(`/conversations/${id}`, { method: "DELETE" });
    return answer.ok || answer.status === 404;
  } catch {
    return false;
  }
}
