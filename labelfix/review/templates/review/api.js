/** A request that the server has refused, or that has not reached it (status 0). */
export class Refused extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

const ask = async (path, options) => {
  let answer;
  try {
    answer = await fetch(path, { credentials: "same-origin", cache: "no-store", ...options });
  } catch {
    throw new Refused(0, "The server does not answer.");
  }
  if (answer.ok) return answer.json();
  const text = await answer.text().catch(() => "");
  let said = text.trim();
  try {
    said = JSON.parse(text).error ?? said;
  } catch {
    // plain text
  }
  throw new Refused(answer.status, said || `The server answered ${answer.status}.`);
};

export const get = (path) => ask(path, {});
export const post = (path, body) =>
  ask(path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });

/** An element with properties, and children that are elements or texts. */
export const make = (tag, properties = {}, ...children) => {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "class") element.className = value;
    else if (name in element && !name.startsWith("aria")) element[name] = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((one) => one !== null && one !== undefined));
  return element;
};

const HIDDEN = /[\p{Cc}\p{Cf}\p{Cn}\p{Co}\p{Cs}\p{Zl}\p{Zp}]/gu;
/** A user's text without hidden characters, as the report shows it: they are written out. */
export const visible = (text, most = 80) => {
  const letters = Array.from(text);
  const shown = letters.slice(0, most).join("").replace(HIDDEN, (one) => {
    if (one === "\u200d" || one === "\u200c") return one;
    const code = one.codePointAt(0);
    if (code < 256) return `\\x${code.toString(16).padStart(2, "0")}`;
    return code < 65536 ? `\\u${code.toString(16).padStart(4, "0")}` : `\\u{${code.toString(16)}}`;
  });
  return letters.length > most ? `${shown}…` : shown;
};

export const percent = (share, decimals = 0) => `${(100 * share).toFixed(decimals)} %`;
/** As a length in a style sheet. */
export const width = (share) => `${(100 * share).toFixed(1)}%`;
export const counted = (number, noun) => `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;
export const byId = (id) => document.getElementById(id);
