// What a job has made, played or shown. Looking at it here does not count as a download.

import { source } from "./api.js";
import { h } from "./dom.js";

const PICTURES = new Set(["png", "jpg", "jpeg", "webp"]);
const SOUNDS = new Set(["mp3", "wav"]);

// The elements for the outputs of a job that are made; the first only where `small` says so.
export async function media(job, outputs, { small = false } = {}) {
  const made = outputs.filter((output) => output.made);
  return Promise.all((small ? made.slice(0, 1) : made).map((output) => one(job, output, small)));
}

async function one(job, output, small) {
  const src = await source(`/jobs/${encodeURIComponent(job)}/outputs/${encodeURIComponent(output.id)}`);
  const label = `Output ${output.id}`;
  if (PICTURES.has(output.container)) return h("img", { src, alt: label, loading: "lazy" });
  if (SOUNDS.has(output.container)) return h("audio", { src, controls: true, preload: "metadata", "aria-label": label });
  const video = h("video", { src, loop: !small, playsinline: true, preload: "metadata", controls: !small, "aria-label": label, tabindex: small ? -1 : 0 });
  video.muted = true;
  return video;
}
