// Webhooks: each message with its attempts, what was sent, and what the receiver answered; and what can be sent to it besides.

import { get, post } from "./api.js";
import { button, code, empty, fill, h, note, soon, state } from "./dom.js";
import { date, many, query, time } from "./words.js";

export const name = "webhooks";
export const title = "Webhooks";

const AT_ONCE = 50;
// What is wrong with a copy that is sent by a click, and the argument that is asked for, if any, with its usual value and unit.
const COPIES = [
  ["Forged", "webhook_forged"], ["Unsigned", "webhook_unsigned"], ["Unknown key", "webhook_unknown_key"],
  ["Late", "webhook_late", "seconds", 60, "s"], ["Several", "webhook_repeated", "times", 2, "at once"],
];

export async function mount(root, context) {
  const list = h("div", { class: "list" });
  let older = null;
  const more = button("Show older webhooks", () => draw(older), { class: "wide" });
  fill(root, h("h1", {}, "Webhooks"), list, more);
  const { effects } = await get("/effects");
  const known = new Map(effects.map((effect) => [effect.name, effect]));
  const cards = new Map();

  async function draw(before = null) {
    const page = await get(`/deliveries${query({ ...context.scope, limit: AT_ONCE, before })}`);
    const open = new Set([...list.querySelectorAll("details[open]")].map((one) => one.dataset.name));
    const entered = new Map([...list.querySelectorAll("input")].map((one) => [one.name, one.value]));
    const wanted = page.deliveries.reverse().map((delivery) => drawn(delivery, { open, entered, known, draw }));
    if (!before) for (const other of [...list.children]) if (!wanted.includes(other)) other.remove();
    const from = before ? list.children.length : 0;
    wanted.forEach((one, at) => one === list.children[from + at] || list.insertBefore(one, list.children[from + at] ?? null));
    older = page.older;
    more.hidden = !older;
    if (!list.firstChild) fill(list, empty("No webhook was sent yet. A job that is submitted with one sends it when it ends."));
  }
  // The card of a delivery. One that has not changed is not touched: somebody may be about to click in it.
  function drawn(delivery, shown) {
    const [id, said] = [`${delivery.world}-${delivery.number}`, JSON.stringify(delivery)];
    const before = cards.get(id);
    if (before?.said === said) return before.element;
    const element = card(delivery, shown);
    cards.set(id, { said, element });
    const held = before?.element.contains(document.activeElement) && document.activeElement.getAttribute("aria-label");
    before?.element.replaceWith(element);
    if (held) [...element.querySelectorAll("[aria-label]")].find((one) => one.getAttribute("aria-label") === held)?.focus();
    return element;
  }
  const redraw = soon(() => draw());
  context.on("webhook missed live", redraw);
  await draw();
  return redraw.stop;
}

function card(delivery, { open, entered, known, draw }) {
  const id = `${delivery.world}-${delivery.number}`;
  const last = delivery.attempts.at(-1);
  const again = async () => {
    await post(`/deliveries/${delivery.number}/redeliver?world=${delivery.world}`);
    await draw();
  };
  const came = delivery.accepted ? "accepted" : delivery.planned !== null ? "planned" : last ? "refused" : "waiting";
  const effect = delivery.effect && h("span", { class: "mark", title: known.get(delivery.effect)?.about }, delivery.effect.replace(/^webhook_/, "").replaceAll("_", " "));
  return h("details", { class: "card", "data-name": id, open: open.has(id) },
    h("summary", {}, state(came), effect, code(delivery.url),
      h("span", { class: "foot" }, `webhook ${delivery.number}, ${delivery.copied ? `copy of ${delivery.copied}, ` : ""}${last ? `${last.status ?? last.error}, ${many(delivery.attempts.length, "attempt")}, ${time(last.at)}` : "not sent yet"}`)),
    h("div", { class: "actions" }, button("Redeliver", again, { "aria-label": `Redeliver webhook ${id}` }),
      h("fieldset", { class: "group" }, h("legend", {}, "Send a copy"), COPIES.map((copy) => sender(delivery, copy, { id, entered, known, draw }))),
      h("a", { href: `#/jobs/${encodeURIComponent(delivery.job)}`, class: "small" }, `Job ${delivery.job}`)),
    last && h("h2", {}, `Attempts of webhook ${delivery.number}`),
    delivery.attempts.map((attempt, at) => tried(attempt, { id: `${id}-${at}`, open, latest: at === delivery.attempts.length - 1 })),
    delivery.planned !== null && h("p", {}, `Next attempt: ${date(delivery.planned)}`),
    h("h2", {}, `${delivery.method} ${delivery.url}`),
    !last?.sent && headers(delivery.headers),
    h("pre", { tabindex: 0, "aria-label": `Body of webhook ${id}` }, pretty(delivery.body)));
}

// The button that sends a copy with `effect`, if that can be seen at the provider.
function sender(delivery, [label, effect, argument, usual, unit], { id, entered, known, draw }) {
  if (!known.get(effect)?.places[delivery.provider]?.includes("webhook")) return null;
  const field = argument && h("input", { type: "number", min: 0, name: `${id}-${argument}`, "aria-label": `${label}: ${argument} of webhook ${id}`, value: entered.get(`${id}-${argument}`) ?? usual });
  return h("span", { class: "group" }, button(label, async () => {
    const { deliveries } = await post(`/deliveries/${delivery.number}/copies?world=${delivery.world}`,
      { effect, arguments: field ? { [argument]: Number(field.value) } : {} });
    const came = deliveries.map(({ attempts: [first], planned }) => first ? first.status ?? first.error : `due ${date(planned)}`);
    note(`${label}: ${came.join(", ")}`, "done");
    await draw();
  }, { title: known.get(effect).about, class: "small", "aria-label": `${label}: copy of webhook ${id}` }), field, unit && h("span", { class: "left" }, unit));
}

// One attempt: what went over the wire, as far as that is kept.
function tried(attempt, { id, open, latest }) {
  const { sent, answer, status } = attempt;
  const words = `${date(attempt.at)}: ${status ?? attempt.error}${attempt.by_hand ? ", by hand" : ""}`;
  if (!sent && !answer) return h("p", { class: "tried" }, words);
  return h("details", { class: "tried", "data-name": id, open: latest || open.has(id) }, h("summary", {}, words),
    h("div", { class: "two" },
      h("div", {}, h("h3", {}, "Sent"), sent ? headers(sent) : h("p", {}, "Nothing.")),
      h("div", {}, h("h3", {}, "Answered"), answer ? [headers(answer.headers), body(answer.body, id)] : h("p", {}, attempt.error || "Nothing."))));
}

function body(said, id) {
  const text = pretty(said);
  return text ? h("pre", { tabindex: 0, "aria-label": `Answer ${id}` }, text) : h("p", {}, "No body.");
}

function headers(pairs) {
  return h("dl", { class: "headers" }, pairs.map(([key, value]) => [h("dt", {}, key), h("dd", {}, code(value))]));
}

function pretty(said) {
  const text = said.text ?? `${said.base64.length * 0.75 | 0} bytes`;
  try { return JSON.stringify(JSON.parse(text), null, 2); } catch { return text; }
}
