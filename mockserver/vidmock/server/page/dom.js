// Elements, made of names and texts: no text is ever read as markup.

const SVG = "http://www.w3.org/2000/svg";
const SVG_NAMES = new Set(["svg", "g", "line", "path", "circle", "rect", "text", "title", "polygon"]);

// An element of that name. Of `props`, functions are listeners ("onclick"), `true` is an attribute without a value, and
// null, undefined and false are left out. Children are elements or texts, in lists or not; null and false are left out.
export function h(name, props = {}, ...children) {
  const made = SVG_NAMES.has(name) ? document.createElementNS(SVG, name) : document.createElement(name);
  for (const [key, value] of Object.entries(props ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") made.addEventListener(key.slice(2), value);
    else if (key === "value" && "value" in made) made.value = value;
    else made.setAttribute(key, value === true ? "" : String(value));
  }
  put(made, ...children);
  return made;
}

// Adds `children` to `parent`.
export function put(parent, ...children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    parent.append(child instanceof Node ? child : String(child));
  }
}

// Has `parent` hold `children` and nothing else.
export function fill(parent, ...children) {
  parent.replaceChildren();
  put(parent, ...children);
}

// A button that runs `act` and shows what went wrong with it; it can't be pressed again meanwhile.
export function button(label, act, props = {}) {
  const made = h("button", { type: "button", ...props, onclick: async () => {
    made.disabled = true;
    try {
      await act();
    } catch (error) {
      note(error.message);
    } finally {
      made.disabled = false;
    }
  } }, label);
  return made;
}

// A sentence for the person who looks on, for some seconds; `kind` is "error" or "done".
export function note(text, kind = "error") {
  const made = h("p", { class: `note ${kind}` }, text);
  document.getElementById("notes").append(made);
  setTimeout(() => made.remove(), kind === "error" ? 9000 : 3000);
}

// A button that copies what `text` gives.
export function copy(label, text) {
  return button(label, async () => {
    await navigator.clipboard.writeText(await text());
    note(`Copied: ${label}`, "done");
  }, { class: "small" });
}
