// What the chat asks of the server beside the questions.

const PATIENCE = 4000; // milliseconds

// What the chat begins with; null where the server does not give it.
export async function beginning(asked) {
  try {
    const answer = await fetch(`/chat?${asked}`, { cache: "no-store" });
    return answer.ok ? await answer.text() : null;
  } catch {
    return null;
  }
}

export async function reachable() {
  try {
    const signal = AbortSignal.timeout(PATIENCE);
    return (await fetch("/api/health", { cache: "no-store", signal })).ok;
  } catch {
    return false;
  }
}
