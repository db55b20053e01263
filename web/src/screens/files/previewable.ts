import type { Shape } from "@/lib/api";

// What a browser only draws. SVG and HTML can act, PDF brings a viewer of its own: these are downloaded.
const PICTURES = new Set(["image/png", "image/jpeg", "image/gif", "image/webp", "image/avif", "image/bmp"]);
const MOST_BYTES = 20_000_000;
const MOST_TEXT = 2_000_000;

const kind = (file: Shape["File"]) => (file.content_type ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
export const isPicture = (file: Shape["File"]) => PICTURES.has(kind(file)) && file.size_bytes <= MOST_BYTES;
export const isText = (file: Shape["File"]) =>
  (/^text\//.test(kind(file)) || kind(file) === "application/json") && file.size_bytes <= MOST_TEXT;
/** The type under which a picture's bytes are shown: one of a short list, never what a platform said. */
export const pictureType = (file: Shape["File"]) => (PICTURES.has(kind(file)) ? kind(file) : "application/octet-stream");
export const canPreview = (file: Shape["File"]) => isPicture(file) || isText(file);
