// What the other modules share: texts, what the browser keeps, and words for the visitor.

let texts = {};

export function readTexts(root) {
  texts = JSON.parse(root.querySelector("[data-texts]").textContent);
}

export function t(key, values = {}) {
  return texts[key].replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

// A browser may refuse to keep anything; then a reload begins anew, and nothing else changes.
export const keep = {
  read(storage, key, otherwise) {
    try {
      return JSON.parse(window[storage].getItem(`summit.${key}`)) ?? otherwise;
    } catch {
      return otherwise;
    }
  },
  write(storage, key, value) {
    try {
      window[storage].setItem(`summit.${key}`, JSON.stringify(value));
    } catch {
      // Nothing to be done about it.
    }
  },
};

// What the visitor chose, where the other pages of this server see it, too.
export const cookies = {
  read(name) {
    const found = document.cookie.split("; ").find((each) => each.startsWith(`${name}=`));
    return found ? found.slice(name.length + 1) : "";
  },
  write(name, value) {
    document.cookie = `${name}=${value}; path=/; max-age=31536000; samesite=lax`;
  },
};

let fading;

export function toast(root, text) {
  const place = root.querySelector("[data-toast]");
  place.textContent = text;
  clearTimeout(fading);
  fading = setTimeout(() => (place.textContent = ""), 6000);
}

export function say(root, text) {
  root.querySelector("[data-status]").textContent = text;
}
