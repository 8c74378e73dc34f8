// The chat within Gradio's page: questions are events of its component, answers its values.

import { Chat } from "./chat.js";

export async function start(element, trigger, watch, props) {
  const chat = new Chat(element.querySelector(".chat"), {
    send: (question) => trigger("submit", question),
    stop: () => trigger("stop", {}),
  });
  watch("value", () => chat.receive(JSON.parse(props.value)));
  await chat.start();
}
