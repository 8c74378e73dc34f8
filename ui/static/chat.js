// The chat: what a visitor does becomes an event, and what comes back is put in its place.

import { Menu, kept } from "./kept.js";
import { Panel, preview } from "./panel.js";
import { cookies, keep, readTexts, say, t, toast } from "./shared.js";
import { beginning, reachable } from "./server.js";
import { after, begin, fail, suggest, write } from "./turn.js";
import { act } from "./verdict.js";

const LOOK_AFTER = 4000; // milliseconds before asking whether the server is still there
const AGAIN_AFTER = 2000;
const SLOW_AFTER = 8000;

// `send` hands a question in and `stop` takes it back; values come to `receive`. What the chat
// tells of itself are events of its root: ready, asked, answered, escaped.
export class Chat {
  constructor(root, { send, stop, preferences = cookies, name = "" }) {
    this.root = root;
    this.sends = send;
    this.stops = stop;
    this.preferences = preferences;
    const asked = new URLSearchParams(location.search);
    this.document = asked.get("document") ?? "";
    this.language = asked.get("lang") ?? "";
    this.name = name;
    this.key = this.keyOf(this.document);
    this.pending = `pending ${this.key}`;
    this.draft = `draft${name}`;
    this.running = null;
    this.next = null;
    this.early = false;
    root.addEventListener("click", (event) => this.clicked(event));
    root.addEventListener("submit", (event) => this.submitted(event));
    root.addEventListener("keydown", (event) => this.pressed(event));
    root.addEventListener("change", (event) => this.chosen(event));
    root.addEventListener("input", () => keep.write("sessionStorage", this.draft, this.box.value));
    preview(root);
  }

  start() {
    return this.load(keep.read("sessionStorage", this.key, ""), { focus: window === parent });
  }

  tell(name, detail = {}) {
    this.root.dispatchEvent(new CustomEvent(`summit-${name}`, { detail }));
  }

  // Begin anew, or go on with a conversation that is kept; `forget` a question without an answer.
  async load(conversation, { focus = true, forget = false } = {}) {
    if (this.running) this.stop();
    const lang = this.preferences.read("lang") || this.language;
    const asked = new URLSearchParams({ conversation, document: this.document, lang });
    const html = await beginning(asked);
    if (html === null) {
      if (this.box) toast(this.root, t("unreachable"));
      else setTimeout(() => this.load(conversation, { focus }), AGAIN_AFTER);
      return;
    }
    if (forget) keep.write("sessionStorage", this.pending, null);
    this.root.innerHTML = html;
    readTexts(this.root);
    this.box = this.root.querySelector(".composer textarea");
    this.turns = this.root.querySelector(".turns");
    this.panel = new Panel(this.root);
    this.menu = new Menu(this.root, this);
    this.root.classList.remove("with-panel");
    this.root.querySelector("[data-choose=theme]").value = this.preferences.read("theme") || "auto";
    document.documentElement.lang = this.root.querySelector("[data-choose=lang]").value;
    this.conversation = this.turns.childElementCount ? conversation : "";
    this.remember();
    this.edited = null;
    this.box.value = keep.read("sessionStorage", this.draft, "");
    if (focus) this.box.focus();
    this.turns.lastElementChild?.scrollIntoView({ block: "start" });
    this.takeUp(keep.read("sessionStorage", this.pending, null));
    this.show();
    this.root.dataset.ready = "true";
    this.tell("ready");
  }

  // A question whose answer never came, because the page was left or the server went away.
  takeUp(question) {
    if (!question) return;
    // The answer may have been kept though it did not come.
    const last = this.turns.lastElementChild?.querySelector(".question").textContent;
    if (question === last?.trim()) return keep.write("sessionStorage", this.pending, null);
    this.root.querySelector(".intro").hidden = true;
    this.running = { turn: begin(this.turns, "", question), following: [] };
    this.broken("interrupted");
  }

  // To another conversation, which may be about one document alone.
  goTo(conversation, about) {
    if (about === this.document) return this.load(conversation, { forget: true });
    keep.write("sessionStorage", this.keyOf(about), conversation);
    const address = new URL(location.href);
    if (about) address.searchParams.set("document", about);
    else address.searchParams.delete("document");
    location.assign(address);
  }

  remember() {
    keep.write("sessionStorage", this.key, this.conversation);
  }

  ask(question, replaced = null) {
    question = question.trim();
    if (!question || this.answering) return;
    const following = replaced ? [replaced, ...after(replaced)] : [];
    for (const turn of following) {
      this.panel.leave(turn);
      turn.hidden = true;
    }
    this.root.querySelector(".intro").hidden = true;
    const key = crypto.getRandomValues(new Uint32Array(2)).join("-");
    const asked = { key, question, following, turn: begin(this.turns, key, question) };
    keep.write("sessionStorage", this.pending, question);
    // One at a time: values of two questions at once could overtake each other.
    if (this.running) this.next = asked;
    else this.send(asked);
    this.show();
  }

  send(asked) {
    const { key, question, following } = asked;
    this.running = { ...asked, began: Date.now() };
    this.sends({
      key,
      question,
      conversation: this.conversation,
      replaces: following.map((each) => each.dataset.answer).find(Boolean) ?? "",
      document: this.document,
      language: document.documentElement.lang,
    });
    this.tell("asked");
    this.look();
  }

  // Whether an answer is being waited for; what to ask next may be sought beside.
  get answering() {
    return Boolean(this.next || (this.running && !this.running.settled));
  }

  // Every value holds the whole answer as far as it is known, so that one may be skipped.
  receive(value) {
    if (value.key !== this.running?.key) return;
    const { turn, settled } = this.running;
    if (settled) suggest(turn, value.html);
    else write(turn, value.html);
    if (this.panel.turn === turn) this.panel.markCurrent();
    if (value.whole && !this.running.settled) this.settled(value);
    if (value.done) this.ended();
  }

  // The answer is all there; what may still come is what to ask next.
  settled(value) {
    const { turn, following } = this.running;
    this.running.settled = true;
    turn.dataset.answer = value.answer;
    if (value.conversation) {
      this.conversation = value.conversation;
      this.remember();
      kept.add(value.conversation, value.question, this.document);
    }
    if (value.failed) this.restore();
    else for (const each of following) each.remove();
    keep.write("sessionStorage", this.pending, null);
    this.show();
    say(this.root, value.spoken);
    this.tell("answered", { state: value.state, sources: value.sources });
    // Who pressed Enter before the answer was there need not press it again.
    if (this.early) this.box.form.requestSubmit();
  }

  // The answer broke off on its way.
  lost() {
    if (this.running?.settled) this.ended();
    else if (this.running) this.broken("unreachable");
  }

  ended() {
    const { next } = this;
    this.running = this.next = null;
    if (next) this.send(next);
    this.show();
  }

  // What was to be replaced comes back where nothing has taken its place.
  restore() {
    for (const each of this.running.following) each.hidden = false;
    this.running.turn.following = this.running.following;
  }

  stop() {
    this.stops();
    if (this.next) [this.running, this.next] = [this.next, null];
    if (this.running.settled) this.ended();
    else this.broken("stopped");
  }

  broken(reason) {
    const { turn } = this.running;
    this.restore();
    fail(turn, reason);
    if (reason === "stopped") keep.write("sessionStorage", this.pending, null);
    this.ended();
    say(this.root, t(reason));
  }

  // Until all is there, find out now and then whether the server is.
  async look() {
    const { key } = this.running;
    const current = () => this.running?.key === key;
    for (let failures = 0; current(); ) {
      await new Promise((resolve) => setTimeout(resolve, failures ? 1000 : LOOK_AFTER));
      if (!current()) return;
      failures = (await reachable()) ? 0 : failures + 1;
      if (!current()) return;
      if (failures > 1) return this.lost();
      const waiting = this.running.turn.querySelector(".waiting");
      if (waiting && Date.now() - this.running.began > SLOW_AFTER) waiting.textContent = t("slow");
    }
  }

  // Say on the page what is going on.
  show() {
    this.root.querySelector(".send").hidden = this.answering;
    this.root.querySelector(".stop").hidden = !this.answering;
    this.root.dataset.state = this.answering ? "answering" : this.running ? "suggesting" : "idle";
  }

  edit(turn, question) {
    this.edited = turn;
    this.unedited = this.box.value;
    this.box.value = question;
    this.root.querySelector(".edit-hint").hidden = false;
    this.box.focus();
    say(this.root, t("edited"));
  }

  leaveEdit() {
    if (!this.edited) return false;
    this.edited.querySelector("[data-do=edit]")?.focus();
    this.edited = null;
    this.box.value = this.unedited;
    this.root.querySelector(".edit-hint").hidden = true;
    return true;
  }

  again(turn, question) {
    if (this.answering) return;
    // A turn that failed while it was to replace others is asked in their place again.
    const replaced = turn.following?.length ? turn.following[0] : turn;
    if (replaced !== turn) turn.remove();
    this.ask(question, replaced);
  }

  submitted(event) {
    event.preventDefault();
    if (event.target.matches(".reason")) return act(this, "comment", event.target);
    if (!this.box.value.trim()) return;
    this.early = this.answering;
    if (this.answering) return;
    const question = this.box.value;
    const turn = this.edited;
    this.edited = null;
    this.root.querySelector(".edit-hint").hidden = true;
    this.box.value = "";
    keep.write("sessionStorage", this.draft, "");
    if (turn) this.again(turn, question);
    else this.ask(question);
  }

  clicked(event) {
    const button = event.target.closest("[data-do]");
    if (!button) return;
    const turn = button.closest(".turn");
    const asked = () => turn.querySelector(".question").textContent;
    const does = {
      ask: () => this.ask(button.textContent),
      stop: () => this.running && this.stop(),
      retry: () => this.again(turn, asked()),
      edit: () => this.edit(turn, asked()),
      correct: () => this.edit(turn, button.dataset.question),
      open: () => this.panel.open(turn, button.dataset.marker, button),
      previous: () => this.panel.step(-1),
      next: () => this.panel.step(1),
      close: () => this.panel.close(),
      new: () => this.goTo("", this.document),
      menu: () => this.menu.open(),
      "close-menu": () => this.menu.dialog.close(),
      "delete-all": () => this.menu.deleteAll(),
      sure: () => this.menu.delete(),
      "not-sure": () => this.menu.sure.close(),
    };
    const known = does[button.dataset.do];
    if (known) known();
    else act(this, button.dataset.do, button);
  }

  pressed(event) {
    if (event.key === "Escape" && !event.target.closest("dialog")) {
      if (this.leaveEdit() || this.panel.close()) event.preventDefault();
      else this.tell("escaped");
    }
    const sends = event.key === "Enter" && !event.shiftKey && !event.isComposing;
    if (sends && event.target === this.box) {
      event.preventDefault();
      this.box.form.requestSubmit();
    }
  }

  async chosen(event) {
    const { choose } = event.target.dataset;
    if (!choose) return;
    this.preferences.write(choose, event.target.value);
    if (choose === "theme") {
      const { dataset } = document.documentElement;
      if (event.target.value === "auto") delete dataset.theme;
      else dataset.theme = event.target.value;
      return;
    }
    await this.load(this.conversation, { focus: false });
    this.menu.open();
    this.root.querySelector("[data-choose=lang]").focus();
  }

  keyOf(about) {
    return `conversation${this.name} ${about}`;
  }
}
