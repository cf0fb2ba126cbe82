// How amounts, times and names are shown.

// Exactly, as `dollars` in schema/dollars.py has it: every digit, and two after the point at least.
export function money(amount) {
  if (amount === null || amount === undefined) return "price unknown";
  const [, sign, whole, part = ""] = /^(-?)([^.]*)\.?(.*)$/.exec(amount);
  return `${sign}$${whole}.${part.replace(/0+$/, "").padEnd(2, "0")}`;
}

export const time = (moment) => new Date(moment * 1000).toISOString().slice(11, 19);

export const date = (moment) => new Date(moment * 1000).toISOString().slice(0, 19).replace("T", " ");

export function span(seconds) {
  if (seconds < 0) return "now";
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 90) return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return `${Math.round(seconds / 3600)} h`;
}

// What the clock of a world shows by now, in seconds since the epoch; `real` is when it was asked.
export function nowOf(clock) {
  if (!clock) return Date.now() / 1000;
  const factor = clock.mode === "real" ? 1 : clock.mode.startsWith("scaled:") ? Number(clock.mode.slice(7)) : 0;
  return clock.now + (factor * (performance.now() - clock.real)) / 1000;
}

export const NAMES = { fal: "fal", runpod: "RunPod", runware: "Runware", eachlabs: "Eachlabs" };

export const many = (count, one, more = `${one}s`) => `${count} ${count === 1 ? one : more}`;

export const query = (values) => {
  const given = Object.entries(values).filter(([, value]) => value !== "" && value !== null && value !== undefined);
  return given.length ? `?${new URLSearchParams(given)}` : "";
};

// A number where the text is one; otherwise the text, of which the API says what it should be.
export const numeric = (text) => (text.trim() !== "" && Number.isFinite(Number(text)) ? Number(text) : text.trim());

// Whose a world is, in few words: what it is labelled, or else its key as far as that is shown.
export const ownerOf = ({ label, key }) => label || key || "no key";

export const nameOf = (world) => `${ownerOf(world)} · ${world.id}`;
