// Webhooks: each message with its attempts, what was signed, and what the receiver answered.

import { get, post } from "./api.js";
import { button, fill, h, soon, table } from "./dom.js";
import { date, many, query, time } from "./words.js";

export const name = "webhooks";
export const title = "Webhooks";

const AT_ONCE = 50;

export async function mount(root, context) {
  const list = h("div", { class: "list" });
  let older = null;
  const more = button("Show older webhooks", () => draw(older), { class: "wide" });
  fill(root, h("h1", {}, "Webhooks"), list, more);

  async function draw(before = null) {
    const page = await get(`/deliveries${query({ ...context.scope, limit: AT_ONCE, before })}`);
    const open = new Set([...list.querySelectorAll("details[open]")].map((one) => one.dataset.name));
    if (!before) fill(list);
    for (const delivery of page.deliveries.reverse()) list.append(card(delivery, open, draw));
    older = page.older;
    more.hidden = !older;
    if (!list.firstChild) fill(list, h("p", { class: "empty" }, "No webhook was sent yet. A job that is submitted with one sends it when it ends."));
  }
  const redraw = soon(() => draw());
  context.on("webhook", redraw);
  await draw();
  return redraw.stop;
}

function card(delivery, open, draw) {
  const id = `${delivery.world}-${delivery.number}`;
  const last = delivery.attempts.at(-1);
  const again = async () => {
    await post(`/deliveries/${delivery.number}/redeliver?world=${delivery.world}`);
    await draw();
  };
  const state = delivery.accepted ? "accepted" : delivery.planned !== null ? "planned" : "refused";
  return h("details", { class: "card", "data-name": id, open: open.has(id) },
    h("summary", {}, h("span", { class: "state", "data-state": state }, state), h("code", {}, delivery.url),
      h("span", { class: "foot" }, last ? `${last.status ?? last.error}, ${many(delivery.attempts.length, "attempt")}, ${time(last.at)}` : "not sent yet")),
    h("p", { class: "actions" }, button("Redeliver", again),
      h("a", { href: `#/jobs/${encodeURIComponent(delivery.job)}`, class: "small" }, `Job ${delivery.job}`)),
    table("Attempts", ["At", "Answer", "By hand"], delivery.attempts.map((attempt) => [date(attempt.at), attempt.status ?? attempt.error, attempt.by_hand ? "yes" : ""])),
    delivery.planned !== null && h("p", {}, `Next attempt: ${date(delivery.planned)}`),
    h("h2", {}, `${delivery.method} ${delivery.url}`),
    h("dl", { class: "headers" }, delivery.headers.map(([key, value]) => [h("dt", {}, key), h("dd", {}, h("code", {}, value))])),
    h("pre", { tabindex: 0, "aria-label": "Body" }, pretty(delivery.body)));
}

function pretty(body) {
  const text = body.text ?? `${body.base64.length * 0.75 | 0} bytes`;
  try { return JSON.stringify(JSON.parse(text), null, 2); } catch { return text; }
}
