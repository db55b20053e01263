// Draws public/icon-*.png from public/icon.svg in a browser: `CHROMIUM=/usr/bin/chromium node scripts/icons.mjs`, after the mark has changed.
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { crc32, deflateSync, inflateSync } from "node:zlib";
import { chromium } from "playwright-core";

const folder = new URL("../public/", import.meta.url).pathname;
const svg = readFileSync(`${folder}icon.svg`, "utf8");
// systems cut their own shape out of a maskable icon: the ground goes to the edge, the sign stays within the inner four fifths
const square = svg.replace('rx="8"', "").replace("<g ", '<g transform="translate(16 16) scale(.78) translate(-16 -16)" ');

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
for (const [name, size, drawn] of [
  ["icon-192", 192, svg],
  ["icon-square-512", 512, square],
  ["icon-180", 180, square],
]) {
  const page = await browser.newPage({ viewport: { width: size, height: size } });
  await page.setContent(
    `<body style="margin:0">${drawn.replace("<svg ", `<svg width="${size}" height="${size}" style="display:block" `)}</body>`,
  );
  writeFileSync(`${folder}${name}.png`, tighter(await page.screenshot({ omitBackground: true })));
  console.log(name, statSync(`${folder}${name}.png`).size);
}
await browser.close();

// The browser's pictures are squeezed in a hurry: the same lines once more, thoroughly (PNG, third edition: chunks of length, kind, content, CRC).
function tighter(png) {
  const data = [];
  let header;
  for (let at = 8; at < png.length; ) {
    const size = png.readUInt32BE(at);
    const kind = png.toString("latin1", at + 4, at + 8);
    if (kind === "IHDR") header = png.subarray(at + 8, at + 8 + size);
    if (kind === "IDAT") data.push(png.subarray(at + 8, at + 8 + size));
    at += size + 12;
  }
  const squeezed = deflateSync(inflateSync(Buffer.concat(data)), { level: 9, memLevel: 9 });
  return Buffer.concat([png.subarray(0, 8), chunk("IHDR", header), chunk("IDAT", squeezed), chunk("IEND", Buffer.alloc(0))]);
}

function chunk(kind, content) {
  const body = Buffer.concat([Buffer.from(kind, "latin1"), content]);
  const [size, check] = [Buffer.alloc(4), Buffer.alloc(4)];
  size.writeUInt32BE(content.length);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([size, body, check]);
}
