// One line puts the assistant on a page: <script src="https://HOST/widget.js" defer></script>
// Its options are in docs/embedding.md. Nothing else is loaded before the launcher is used.
(() => {
  const tag = document.currentScript;
  const server = new URL(tag.src).origin;
  // Milliseconds until a frame that says nothing is given up: from the start, and once it is loaded.
  const PATIENCE = [15000, 6000];
  const PHONE = matchMedia("(max-width: 30rem), (max-height: 26rem)");
  const TEXTS = {
    en: {
      title: "Ask the documents",
      close: "Close",
      retry: "Try again",
      wait: "One moment…",
      gone: "The assistant cannot be reached at the moment. Nothing was asked.",
    },
    fr: {
      title: "Interroger les documents",
      close: "Fermer",
      retry: "Réessayer",
      wait: "Un instant…",
      gone: "L’assistant est injoignable pour le moment. Aucune question n’a été posée.",
    },
  };
  const POSITIONS = ["bottom-right", "bottom-left", "top-right", "top-left"];
  const THEMES = ["auto", "light", "dark"];
  const COLOUR = "#1d4ed8";
  const EVENTS = ["asked", "answered"];
  const SVG = "http://www.w3.org/2000/svg";
  // In em of what the visitor set for the browser: the page may have made its rem anything.
  const STYLE = `
    :host { all: initial !important; font-family: system-ui, sans-serif !important; line-height: 1.5 !important; }
    :host([inline]) { display: block !important; height: 100% !important; min-height: 30em !important; }
    * { box-sizing: border-box; font: inherit; }
    [hidden] { display: none !important; }
    .launcher { position: fixed; z-index: 2147483646; width: 3.5em; height: 3.5em; border-radius: 50%; box-shadow: 0 2px 10px #0006; }
    button { padding: 0; border: 2px solid transparent; background: var(--colour); color: var(--ink); cursor: pointer; }
    svg { width: 1.6em; height: 1.6em; fill: none; stroke: currentColor; stroke-width: 1.8; stroke-linecap: round; stroke-linejoin: round; vertical-align: middle; }
    :focus-visible { outline: 3px solid var(--ink); outline-offset: -6px; box-shadow: 0 0 0 3px var(--colour), 0 0 0 5px var(--ink); }
    .panel { margin: 0; padding: 0; border: 0; overflow: hidden; color: light-dark(#1a1d23, #e8eaee); background: light-dark(#fff, #14171d); }
    .panel:is([open], .inline) { display: flex; flex-direction: column; }
    .panel.light { color-scheme: light; } .panel.dark { color-scheme: dark; } .panel.auto { color-scheme: light dark; }
    .panel.inline { position: static; width: 100%; height: 100%; min-height: inherit; border: 1px solid light-dark(#c9ced6, #4a5160); border-radius: .75em; }
    dialog.panel { position: fixed; z-index: 2147483647; inset: auto; width: min(26em, 100vw - 2em); height: min(44em, 100dvh - 6.5em); border: 1px solid light-dark(#c9ced6, #4a5160); border-radius: .75em; box-shadow: 0 6px 30px #0005; }
    .bottom { bottom: 1em !important; } .top { top: 1em !important; } .right { right: 1em !important; } .left { left: 1em !important; }
    dialog.bottom { bottom: 5.25em !important; } dialog.top { top: 5.25em !important; }
    dialog.full { inset: 0 !important; width: 100vw; max-width: none; height: var(--room, 100dvh); max-height: none; border: 0; border-radius: 0; }
    header { display: flex; align-items: center; gap: .5em; padding: .35em .35em .35em 1em; background: var(--colour); color: var(--ink); }
    header p { flex: 1; margin: 0; font-weight: 650; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
    header button { width: 2.75em; height: 2.75em; border-radius: .5em; }
    .said { margin: 0; padding: 1.5em 1em; }
    .said button { display: block; min-height: 2.75em; margin-top: 1em; padding: 0 1em; border-radius: .5em; }
    iframe { flex: 1; width: 100%; min-height: 0; border: 0; color-scheme: inherit; }
    iframe.waiting { visibility: hidden; position: absolute; }
    @media print { :host(:not([inline])) { display: none !important; } }
    @media (forced-colors: active) { button { border-color: ButtonText; } }`;

  class Widget {
    constructor(id, options) {
      this.id = id;
      this.options = options;
      this.texts = TEXTS[options.language] ?? TEXTS.en;
      this.title = options.title || this.texts.title;
      this.waiting = [];
      this.host = make("summit-assistant", { id: `summit-${id}` });
      const root = this.host.attachShadow({ mode: "open" });
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(STYLE);
      root.adoptedStyleSheets = [sheet];
      this.host.style.setProperty("--colour", options.colour);
      this.host.style.setProperty("--ink", options.ink);
      if (options.target) this.inline(root);
      else this.floating(root);
      this.put();
      this.heard = (event) => this.hears(event);
      this.back = () => this.isOpen && this.pushed && this.close();
      addEventListener("message", this.heard);
      addEventListener("popstate", this.back);
      // Sites that change their page without leaving it may take the widget away with the rest.
      this.watch = new MutationObserver(() => this.host.isConnected || this.put());
      this.watch.observe(document, { childList: true, subtree: true });
    }

    put() {
      const { target } = this.options;
      const place = target ? document.querySelector(target) : document.documentElement;
      if (!place) return;
      place.append(this.host);
      this.ready = false;
      // A frame that is moved begins anew.
      if (target || this.isOpen) this.load();
    }

    floating(root) {
      const sides = this.options.position.split("-");
      this.panel = make("dialog", { class: ["panel", this.options.theme, ...sides].join(" ") });
      this.panel.setAttribute("aria-label", this.title);
      this.launcher = button(this.title, "M21 11.5a8.5 7.5 0 0 1-12.5 6.6L3.5 20l1.3-4.3A8.5 7.5 0 1 1 21 11.5zM8.5 10h8M8.5 13.5h5");
      this.launcher.className = ["launcher", ...sides].join(" ");
      this.launcher.setAttribute("aria-haspopup", "dialog");
      this.launcher.setAttribute("aria-expanded", "false");
      this.launcher.addEventListener("click", () => (this.isOpen ? this.close() : this.open()));
      const shut = button(this.texts.close, "M6 6l12 12M18 6L6 18");
      shut.addEventListener("click", () => this.close());
      const name = make("p");
      name.textContent = this.title;
      const bar = make("header");
      bar.append(name, shut);
      // Tab goes round within the panel, and not into the page behind it.
      const [first, last] = [make("span", { tabindex: "0" }), make("span", { tabindex: "0" })];
      first.addEventListener("focus", () => this.frame.focus());
      last.addEventListener("focus", () => shut.focus());
      this.shut = shut;
      this.panel.append(first, bar, this.content(), last);
      this.panel.addEventListener("keydown", (event) => {
        if (event.key === "Escape") this.close();
      });
      this.panel.addEventListener("cancel", (event) => {
        event.preventDefault();
        this.close();
      });
      PHONE.addEventListener("change", () => this.isOpen && this.fit());
      window.visualViewport?.addEventListener("resize", () => this.room());
      root.append(this.launcher, this.panel);
    }

    inline(root) {
      this.host.setAttribute("inline", "");
      this.panel = make("section", { class: `panel inline ${this.options.theme}`, "aria-label": this.title });
      this.panel.append(this.content());
      root.append(this.panel);
    }

    content() {
      this.said = make("div", { class: "said", role: "status" });
      this.frame = make("iframe", { title: this.title, allow: "clipboard-write", referrerpolicy: "no-referrer" });
      if (this.options.target) this.frame.loading = "lazy";
      this.frame.addEventListener("load", () => {
        if (!this.frame.src) return;
        this.send({ summit: "options", ...this.options.within, title: this.title });
        this.wait(PATIENCE[1]);
      });
      const both = document.createDocumentFragment();
      both.append(this.said, this.frame);
      return both;
    }

    get isOpen() {
      return !this.options.target && this.panel.open;
    }

    load() {
      this.ready = false;
      this.say(this.texts.wait);
      this.frame.className = "waiting";
      const { language, theme } = this.options;
      const asked = new URLSearchParams({ lang: language, theme, widget: this.id });
      this.frame.src = `${server}/widget/chat?${asked}`;
      // One that waits to be scrolled to has not begun yet.
      if (!this.options.target) this.wait(PATIENCE[0]);
    }

    wait(time) {
      clearTimeout(this.patience);
      this.patience = setTimeout(() => this.ready || this.lost(), time);
    }

    lost() {
      const again = make("button", { type: "button" });
      again.textContent = this.texts.retry;
      again.addEventListener("click", () => this.load());
      this.say(this.texts.gone, again);
      console.error(`Summit Assistant: ${server} does not answer in a frame of this page. Does it run, does SUMMIT_ALLOWED_ORIGINS there hold ${location.origin}, and does this page's Content-Security-Policy allow frame-src ${server}?`);
      tell("unreachable", this);
    }

    say(text, ...more) {
      this.said.replaceChildren(text, ...more);
      this.said.hidden = !text;
    }

    send(message) {
      this.frame.contentWindow?.postMessage(message, server);
    }

    hears({ origin, source, data }) {
      if (origin !== server || source !== this.frame.contentWindow) return;
      const { summit, ...detail } = data ?? {};
      if (summit === "ready") this.begun();
      else if (summit === "escaped") this.close();
      else if (EVENTS.includes(summit)) tell(summit, this, detail);
    }

    begun() {
      this.ready = true;
      this.say("");
      this.frame.className = "";
      if (this.isOpen && !this.quiet) this.focus();
      for (const message of this.waiting.splice(0)) this.send(message);
      tell("ready", this);
    }

    focus() {
      this.frame.focus();
      this.send({ summit: "focus" });
    }

    open({ quiet = false } = {}) {
      if (this.options.target) return this.host.scrollIntoView({ block: "nearest" });
      if (this.isOpen) return;
      this.quiet = quiet;
      this.from = document.activeElement;
      this.launcher.setAttribute("aria-expanded", "true");
      this.fit();
      if (!this.ready) this.load();
      if (!quiet && this.ready) this.focus();
      else if (!quiet) this.shut.focus();
      tell("open", this);
    }

    // Where there is no room beside it, the panel is the whole page, and "back" leaves it.
    fit() {
      const full = PHONE.matches;
      this.panel.close();
      this.panel.classList.toggle("full", full);
      // Its method would take the focus, also from a page that has just been opened.
      if (!full) return this.panel.setAttribute("open", "");
      this.panel.showModal();
      this.room();
      if (this.pushed) return;
      this.pushed = true;
      history.pushState({ ...history.state, summit: this.id }, "");
    }

    // The keyboard of a phone takes its room from the page.
    room() {
      this.panel.style.setProperty("--room", `${window.visualViewport?.height ?? innerHeight}px`);
    }

    close() {
      if (!this.isOpen) return;
      this.panel.close();
      this.launcher.setAttribute("aria-expanded", "false");
      if (this.pushed && history.state?.summit === this.id) history.back();
      this.pushed = false;
      const inside = this.from === document.body || this.from === this.host || !this.from?.isConnected;
      (inside ? this.launcher : this.from).focus();
      tell("close", this);
    }

    ask(question) {
      const message = { summit: "ask", question: String(question) };
      this.open();
      if (this.ready) this.send(message);
      else this.waiting.push(message);
    }

    remove() {
      this.close();
      clearTimeout(this.patience);
      this.watch.disconnect();
      removeEventListener("message", this.heard);
      removeEventListener("popstate", this.back);
      this.host.remove();
      widgets.delete(this.id);
    }
  }

  function make(name, attributes = {}) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    return made;
  }

  function button(name, drawing) {
    const made = make("button", { type: "button", "aria-label": name, title: name });
    const icon = document.createElementNS(SVG, "svg");
    icon.setAttribute("viewBox", "0 0 24 24");
    icon.setAttribute("aria-hidden", "true");
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", drawing);
    icon.append(path);
    made.append(icon);
    return made;
  }

  function tell(name, { id }, detail = {}) {
    api.dispatchEvent(new CustomEvent(name, { detail: { ...detail, id } }));
  }

  // Black or white, whichever can be read on a colour (WCAG 2, relative luminance).
  function inkOn(colour) {
    const parts = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16) / 255);
    const [r, g, b] = parts.map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.179 ? "#000000" : "#ffffff";
  }

  function isSelector(text) {
    try {
      return document.createDocumentFragment().querySelector(text) === null;
    } catch {
      return false;
    }
  }

  function read({ dataset }) {
    const one = (name, fits, otherwise, hint) => {
      const value = dataset[name];
      if (value === undefined || value === "") return otherwise;
      if (fits(value)) return value;
      console.warn(`Summit Assistant: data-${name}="${value}" is ignored; write ${hint}`);
      return otherwise;
    };
    const among = (list) => [(value) => list.includes(value), list[0], list.join(", ")];
    const spoken = Object.keys(TEXTS);
    const pages = [document.documentElement.lang, navigator.language].map((each) => each.slice(0, 2));
    const colour = one("color", (value) => /^#[0-9a-f]{6}$/i.test(value), COLOUR, `a colour as ${COLOUR}`);
    const ink = inkOn(colour);
    const starters = (dataset.starters ?? "").split("|").map((each) => each.trim()).filter(Boolean);
    return {
      position: one("position", ...among(POSITIONS)),
      theme: one("theme", ...among(THEMES)),
      language: one("language", (value) => spoken.includes(value), pages.find((each) => spoken.includes(each)) ?? spoken[0], spoken.join(", ")),
      title: dataset.title ?? "",
      target: one("target", isSelector, "", "a CSS selector, as #chat"),
      open: "open" in dataset,
      colour,
      ink,
      within: { colour, ink, greeting: dataset.greeting, ...(starters.length && { starters }) },
    };
  }

  // One for the page, however often the script is run.
  const api = (window.SummitAssistant ??= Object.assign(new EventTarget(), {
    widgets: new Map(),
    get: (id) => (id === undefined ? api.widgets.values().next().value : api.widgets.get(id)),
    open: (id) => api.get(id)?.open(),
    close: (id) => api.get(id)?.close(),
    ask: (question, id) => api.get(id)?.ask(question),
    remove: (id) => api.get(id)?.remove(),
  }));
  const { widgets } = api;
  const signature = JSON.stringify([tag.src, { ...tag.dataset }]);
  if ([...widgets.values()].some((each) => each.signature === signature)) return;
  let id = tag.dataset.id || "assistant";
  for (let number = 2; widgets.has(id); number++) id = `${tag.dataset.id || "assistant"}-${number}`;
  const widget = new Widget(id, read(tag));
  widget.signature = signature;
  widgets.set(id, widget);
  // On a phone it would cover what the visitor came for.
  if (widget.options.open && !PHONE.matches) widget.open({ quiet: true });
})();
