// How amounts, times and names are shown.

export const money = (amount) => (amount === null || amount === undefined ? "price unknown" : `$${Number(amount).toFixed(amount.includes?.(".") && amount.split(".")[1].length > 2 ? 4 : 2)}`);

export const time = (moment) => new Date(moment * 1000).toISOString().slice(11, 19);

export const date = (moment) => new Date(moment * 1000).toISOString().slice(0, 19).replace("T", " ");

export function span(seconds) {
  if (seconds < 0) return "now";
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 90) return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return `${Math.round(seconds / 3600)} h`;
}

export const NAMES = { fal: "fal", runpod: "RunPod", runware: "Runware", eachlabs: "Eachlabs" };

export const many = (count, one, more = `${one}s`) => `${count} ${count === 1 ? one : more}`;

export const query = (values) => {
  const given = Object.entries(values).filter(([, value]) => value !== "" && value !== null && value !== undefined);
  return given.length ? `?${new URLSearchParams(given)}` : "";
};
