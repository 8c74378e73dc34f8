// The demo page: its controls write the tag, and the widget beside them is made of that tag.

const form = document.querySelector("#options");
const place = document.querySelector("#assistant");
const site = document.querySelector("#site");
const wrong = document.querySelector("#site-wrong");
const said = document.querySelector("#said");
const defaults = { position: "bottom-right", theme: "auto", color: "#1d4ed8" };

function chosen() {
  const values = Object.fromEntries(new FormData(form));
  values.starters = values.starters.split("\n").map((each) => each.trim()).filter(Boolean).join("|");
  if (values.open) values.open = "";
  return Object.entries(values).filter(
    ([name, value]) => name === "open" || (value && value !== defaults[name]),
  );
}

function tag(options) {
  const script = document.createElement("script");
  script.src = `${location.origin}/widget.js`;
  script.defer = true;
  for (const [name, value] of options) script.dataset[name] = value;
  return script;
}

// Written by the browser itself, so that whatever was typed is escaped.
function written(options) {
  return tag(options).outerHTML.replaceAll('=""', "");
}

function show() {
  const options = chosen();
  const inline = options.some(([name]) => name === "target");
  place.hidden = !inline;
  const lines = inline ? ['<div id="assistant"></div>', written(options)] : [written(options)];
  document.querySelector("#tag").textContent = lines.join("\n");
  globalThis.SummitAssistant?.remove();
  document.querySelector("script[data-shown]")?.remove();
  const shown = tag(options);
  shown.dataset.shown = "";
  document.body.append(shown);
}

function allow() {
  let origin = "";
  try {
    origin = new URL(site.value).origin;
  } catch {
    // Not an address yet.
  }
  const fits = /^https?:\/\//.test(origin);
  wrong.textContent = site.value && !fits ? wrong.dataset.wrong : "";
  const name = fits ? origin : site.placeholder;
  document.querySelector("#setting").textContent = `SUMMIT_ALLOWED_ORIGINS=${name}`;
}

async function copy(button) {
  const { textContent } = document.querySelector(`#${button.dataset.copy}`);
  await navigator.clipboard.writeText(textContent);
  said.textContent = said.dataset.copied;
}

let typing;
form.addEventListener("input", () => {
  clearTimeout(typing);
  typing = setTimeout(show, 250);
});
form.addEventListener("submit", (event) => event.preventDefault());
site.addEventListener("input", allow);
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy]");
  if (button) copy(button);
});
document.querySelector("#policy").textContent =
  `script-src ${location.origin}; frame-src ${location.origin}`;
show();
allow();
