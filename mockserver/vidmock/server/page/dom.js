// Elements, made of names and texts: no text is ever read as markup.

const SLICE_MS = 6;
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

export const code = (text) => h("code", {}, text);
export const empty = (text) => h("p", { class: "empty" }, text);
export const label = (text, ...fields) => h("label", {}, text, fields);
export const remark = (text, props) => h("p", { class: "left", ...props }, text);
export const state = (kind, text = kind) => h("span", { class: "state", "data-state": kind }, text);
export const jobLink = (id) => h("a", { href: `#/jobs/${encodeURIComponent(id)}` }, id);

// A form that is sent nowhere: what its button does is what happens.
export const form = (props, ...children) => h("form", { ...props, onsubmit: (event) => event.preventDefault() }, children);

export const option = (value, text = value) => h("option", { value }, text);

// A list to choose from: values, or lists of a value and what is shown for it.
export const pick = (entries, props) => h("select", props, entries.map((entry) => option(...[entry].flat())));

// Adds `children` to `parent`.
export function put(parent, ...children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    parent.append(child instanceof Node ? child : String(child));
  }
}

// Has `parent` hold `children` and nothing else. What has the focus there keeps it, if what comes has its aria-label.
export function fill(parent, ...children) {
  const held = parent.contains(document.activeElement) ? document.activeElement.getAttribute("aria-label") : null;
  parent.replaceChildren();
  put(parent, ...children);
  if (held) [...parent.querySelectorAll("[aria-label]")].find((one) => one.getAttribute("aria-label") === held)?.focus();
}

// A function that has `draw` run soon, once however often it is called meanwhile, and never beside itself. `stop` ends that.
export function soon(draw, ms = 150) {
  let waiting = 0;
  let running = false;
  let again = false;
  const call = () => {
    if (running) again = true;
    else waiting ||= setTimeout(run, ms);
  };
  async function run() {
    waiting = 0;
    running = true;
    try {
      await draw();
    } catch (error) {
      note(error.message);
    }
    running = false;
    if (again) call();
    again = false;
  }
  call.stop = () => clearTimeout(waiting);
  return call;
}

// A function that has `step` run in the coming frames until it returns false, for some milliseconds of each, so that the page
// answers meanwhile. `stop` ends that.
export function sliced(step) {
  let frame = 0;
  const run = () => {
    const until = performance.now() + SLICE_MS;
    let more = true;
    while (more && performance.now() < until) more = step();
    frame = more ? requestAnimationFrame(run) : 0;
  };
  const call = () => { frame ||= requestAnimationFrame(run); };
  call.stop = () => cancelAnimationFrame(frame);
  return call;
}

// A button that runs `act` and shows what went wrong with it; it can't be pressed again meanwhile, and keeps the focus.
export function button(label, act, props = {}) {
  let busy = false;
  const made = h("button", { type: "button", ...props, onclick: async () => {
    if (busy) return;
    busy = true;
    made.setAttribute("aria-disabled", "true");
    try {
      await act();
    } catch (error) {
      note(error.message);
    } finally {
      busy = false;
      made.removeAttribute("aria-disabled");
    }
  } }, label);
  return made;
}

// A button for what can't be taken back: it asks, and acts when it is pressed once more within some seconds.
export function sure(label, act) {
  let asking = 0;
  const calm = () => {
    clearTimeout(asking);
    asking = 0;
    made.textContent = label;
  };
  const made = button(label, async () => {
    if (asking) {
      calm();
      return act();
    }
    made.textContent = `${label}: sure?`;
    asking = setTimeout(calm, 5000);
  }, { class: "small danger" });
  return made;
}

// A table: `columns` are words, with those of numbers in a list of one; a row is a list of what is in its cells.
export function table(caption, columns, rows) {
  const number = (column) => Array.isArray(column) && "number";
  return h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": caption }, h("table", {}, h("caption", {}, caption),
    h("thead", {}, h("tr", {}, columns.map((column) => h("th", { scope: "col", class: number(column) }, column)))),
    h("tbody", {}, rows.map((row) => h("tr", {}, row.map((cell, at) => h("td", { class: number(columns[at]) }, cell)))))));
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
