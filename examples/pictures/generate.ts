/**
 * Draws the pictures that the text reader is shown with, and writes the text of each beside it, one line of text per line:
 * `bun examples/pictures/generate.ts`. Needs the fonts DejaVu and Liberation (Debian: `fonts-dejavu-core`,
 * `fonts-liberation`); the pictures are committed, so nobody else needs them.
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";

interface Line {
  readonly text: string;
  readonly x: number;
  /** The baseline. */
  readonly y: number;
  readonly size: number;
  readonly font?: string;
  readonly weight?: "bold";
  readonly anchor?: "middle";
  readonly fill?: string;
}

interface Page {
  readonly file: string;
  readonly width: number;
  readonly height: number;
  readonly paper: string;
  readonly ink: string;
  /** SVG drawn under the text. */
  readonly decoration?: string;
  readonly lines: readonly Line[];
  /** Turns the finished page by 180°. */
  readonly upsideDown?: boolean;
}

/** Lines of one look, one under the other. */
function column(texts: readonly string[], first: Omit<Line, "text">, lineHeight: number): Line[] {
  return texts.map((text, index) => ({ ...first, text, y: first.y + index * lineHeight }));
}

const receipt: Page = {
  file: "receipt.png",
  width: 640,
  height: 800,
  paper: "#fdfdfb",
  ink: "#1a1a1a",
  decoration: `
    <line x1="70" y1="214" x2="570" y2="214" stroke="#555" stroke-width="2" stroke-dasharray="8 6"/>
    <line x1="70" y1="492" x2="570" y2="492" stroke="#555" stroke-width="2" stroke-dasharray="8 6"/>`,
  lines: [
    { text: "HARBOUR CAFE", x: 320, y: 84, size: 42, font: "DejaVu Sans", weight: "bold", anchor: "middle" },
    { text: "14 Market Street", x: 320, y: 134, size: 28, anchor: "middle" },
    { text: "2026-03-14 09:42", x: 320, y: 180, size: 26, font: "DejaVu Sans Mono", anchor: "middle" },
    ...column(
      ["Espresso 2 x 2.80", "Apple cake 3.90", "Orange juice 3 x 3.50", "Cheese sandwich 6.20"],
      { x: 80, y: 272, size: 32, font: "DejaVu Sans Mono" },
      60,
    ),
    { text: "TOTAL EUR 26.20", x: 80, y: 552, size: 36, weight: "bold", font: "DejaVu Sans Mono" },
    { text: "Paid by card 4071", x: 80, y: 612, size: 32, font: "DejaVu Sans Mono" },
    { text: "Thank you and see you soon", x: 320, y: 712, size: 30, anchor: "middle" },
  ],
};

const smallText: Page = {
  file: "small-text.png",
  width: 640,
  height: 480,
  paper: "#ffffff",
  ink: "#202020",
  decoration: `<rect x="24" y="20" width="592" height="440" fill="none" stroke="#bbb"/>`,
  lines: [
    { text: "Instructions", x: 48, y: 56, size: 17, font: "DejaVu Sans", weight: "bold" },
    ...column(
      [
        "Keep this sheet with the device for later use.",
        "The supply voltage is 230 V at 50 Hz, 16 A fuse.",
        "Serial number 4408-2217-09, built in week 37 of 2025.",
        "Place the unit on a level floor, 15 cm from the wall.",
        "Do not cover the openings on the rear side.",
        "Wash the outer case every 30 days with warm water.",
        "Use only spare parts listed on page 12.",
        "Store between 5 and 40 degrees in a dry room.",
        "Service line: 0800 555 0199, open from 8 to 18.",
        "Weight 7.4 kg, noise level below 42 dB.",
      ],
      { x: 48, y: 98, size: 13 },
      34,
    ),
  ],
};

const rotated: Page = {
  file: "rotated.png",
  width: 800,
  height: 640,
  paper: "#f6f3ea",
  ink: "#222a44",
  upsideDown: true,
  lines: [
    { text: "Notice to all visitors", x: 60, y: 96, size: 42, weight: "bold" },
    ...column(
      [
        "The reading room opens at 9 in the morning",
        "Please leave coats and bags in a locker",
        "Books can be borrowed for 28 days",
        "Copies cost 10 cents per page",
        "The map collection is on floor 3",
        "Ask at the desk for help with the catalogue",
      ],
      { x: 60, y: 180, size: 26, font: "DejaVu Serif" },
      66,
    ),
    { text: "City Library 1897", x: 60, y: 590, size: 28, font: "DejaVu Sans" },
  ],
};

const lowContrast: Page = {
  file: "low-contrast.jpg",
  width: 800,
  height: 960,
  paper: "#b9b6ae",
  ink: "#96938c",
  lines: [
    { text: "Departures", x: 70, y: 100, size: 46, weight: "bold" },
    ...column(
      [
        "06:15 Lisbon on time",
        "06:40 Vienna 20 min late",
        "07:05 Dublin on time",
        "07:30 Berlin on time",
        "08:10 Athens 35 min late",
        "08:45 Helsinki on time",
        "09:20 Madrid cancelled",
        "09:55 Prague on time",
        "10:30 Bergen on time",
        "11:05 Zurich 15 min late",
        "11:40 Milan on time",
        "12:15 Porto cancelled",
      ],
      { x: 70, y: 176, size: 30, font: "DejaVu Sans Mono" },
      60,
    ),
    { text: "All times are local times", x: 70, y: 912, size: 28 },
  ],
};

export const pages: readonly Page[] = [receipt, smallText, rotated, lowContrast];

function escapeXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}

function drawLine({ text, x, y, size, font, weight, anchor, fill }: Line, ink: string): string {
  const family = font ?? "Liberation Sans";
  return `<text x="${x}" y="${y}" font-family="${family}" font-size="${size}" font-weight="${weight ?? "normal"}"
    text-anchor="${anchor ?? "start"}" fill="${fill ?? ink}">${escapeXml(text)}</text>`;
}

function drawPage({ width, height, paper, ink, decoration, lines }: Page): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">
    <rect width="${width}" height="${height}" fill="${paper}"/>${decoration ?? ""}
    ${lines.map((line) => drawLine(line, ink)).join("\n")}</svg>`;
}

if (import.meta.main) {
  for (const page of pages) {
    const drawn = sharp(Buffer.from(drawPage(page)))
      .rotate(page.upsideDown ? 180 : 0)
      .removeAlpha();
    const path = join(import.meta.dirname, page.file);
    await (page.file.endsWith(".png") ? drawn.png({ compressionLevel: 9 }) : drawn.jpeg({ quality: 88 })).toFile(path);
    await writeFile(path.replace(/\.\w+$/, ".txt"), `${page.lines.map(({ text }) => text).join("\n")}\n`);
  }
}
