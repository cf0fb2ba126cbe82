// Which videos play: a few at a time, once each, of those that are looked at. More would keep the page from answering.

const AT_ONCE = 3;
// A tile that is passed by, because others come in or somebody scrolls, does not load its video.
const STAYS_MS = 400;

const playing = new Set();
const waiting = [];

// Have `load()` give a video once the tile is looked at for a while; returns how to call that off.
export function soon(load) {
  const timer = setTimeout(load, STAYS_MS);
  return () => clearTimeout(timer);
}

// Play `video` when it is its turn; at once where somebody points at it.
export function play(video, { now = false } = {}) {
  if (playing.has(video) || (video.dataset.played && !now)) return;
  if (!now && (playing.size >= AT_ONCE || matchMedia("(prefers-reduced-motion: reduce)").matches)) {
    if (!waiting.includes(video)) waiting.push(video);
    return;
  }
  playing.add(video);
  video.dataset.played = "yes";
  video.addEventListener("ended", () => rest(video), { once: true });
  video.play().catch(() => rest(video));
}

// Have `video` rest, and the next one play.
export function rest(video) {
  video.pause();
  const place = waiting.indexOf(video);
  if (place >= 0) waiting.splice(place, 1);
  if (playing.delete(video) && waiting.length && playing.size < AT_ONCE) play(waiting.shift());
}
