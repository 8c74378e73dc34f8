// The chat within the widget: questions go out as requests, answers come back as a stream of events,
// and messages go to and from the page around, if it is one that may be there.

import { Chat } from "./chat.js";
import { keep } from "./shared.js";

const MOST_STARTERS = 6;
const INKS = ["#000000", "#ffffff"];

const asked = new URLSearchParams(location.search);
const name = asked.get("widget") ?? "";
// Within another site, a browser may keep nothing for us.
const chosen = {};
const preferences = {
  read: (key) => chosen[key] ?? keep.read("localStorage", `widget.${key}`, ""),
  write(key, value) {
    chosen[key] = value;
    keep.write("localStorage", `widget.${key}`, value);
  },
};
const root = document.querySelector(".chat");
const allowed = new RegExp(`^(?:${document.body.dataset.origins})$`);
let leave;
let options = {};
let around = null;

const chat = new Chat(root, { send, stop: () => leave?.abort(), preferences, name });

async function send(question) {
  leave = new AbortController();
  const { signal } = leave;
  try {
    const answer = await fetch("/widget/questions", {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "text/event-stream" },
      body: JSON.stringify(question),
      signal,
    });
    if (answer.headers.get("Content-Type")?.startsWith("application/json")) {
      return chat.receive(await answer.json());
    }
    for await (const value of values(answer)) {
      chat.receive(value);
      if (value.done) return;
    }
    chat.lost();
  } catch {
    if (!signal.aborted) chat.lost();
  }
}

async function* values(answer) {
  if (!answer.ok) return;
  let rest = "";
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const events = (rest + value).split("\n\n");
    rest = events.pop();
    for (const event of events) {
      if (event.startsWith("data: ")) yield JSON.parse(event.slice(6));
    }
  }
}

// The browser lets the page be framed by allowed sites alone; this is the same list once more.
function may(origin) {
  return origin === location.origin || allowed.test(origin);
}

const does = {
  options(given) {
    options = given;
    dress();
    tell("ready");
  },
  ask: ({ question }) => typeof question === "string" && chat.ask(question),
  focus: () => chat.box.focus(),
};

// What the page around chose of words and colours.
function dress() {
  const { title, greeting, starters, colour, ink } = options;
  if (typeof title === "string" && title) document.title = title;
  if (typeof greeting === "string") greet(greeting);
  if (Array.isArray(starters)) offer(starters.map(String));
  if (/^#[0-9a-f]{6}$/i.test(colour) && INKS.includes(ink)) {
    document.body.style.setProperty("--accent", colour);
    document.body.style.setProperty("--on-accent", ink);
  }
}

function greet(text) {
  if (text.trim()) root.querySelector(".lead").textContent = text;
}

function offer(questions) {
  const list = root.querySelector(".starters");
  if (!questions.length || !list) return;
  const items = questions.slice(0, MOST_STARTERS).map((question) => {
    const item = list.firstElementChild.cloneNode(true);
    item.firstElementChild.textContent = question;
    return item;
  });
  list.replaceChildren(...items);
}

function tell(what, detail = {}) {
  around?.source.postMessage({ summit: what, ...detail }, around.origin);
}

// What the page around says before the chat is there is kept until then.
const ready = new Promise((resolve) => root.addEventListener("summit-ready", resolve));
root.addEventListener("summit-ready", () => dress());
for (const what of ["asked", "answered", "escaped"]) {
  root.addEventListener(`summit-${what}`, ({ detail }) => tell(what, detail));
}
addEventListener("message", async ({ data, origin, source }) => {
  if (source !== parent || source === window || !may(origin)) return;
  if (typeof data !== "object" || !Object.hasOwn(does, data?.summit)) return;
  around = { source, origin };
  await ready;
  does[data.summit](data);
});

const theme = preferences.read("theme");
if (theme === "auto") delete document.documentElement.dataset.theme;
else if (theme) document.documentElement.dataset.theme = theme;
await chat.start();
