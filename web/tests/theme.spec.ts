import { demandAccessible, expect, test } from "./fixtures";

// What the system asks for, what the person chose, and the ground they see.
const CASES = [
  ["light", null, "light"],
  ["dark", null, "dark"],
  ["dark", "light", "light"],
  ["light", "dark", "dark"],
] as const;

for (const [system, chosen, seen] of CASES)
  test(`a ${system} system with ${chosen ?? "no"} choice is shown ${seen}`, async ({ page, stage }) => {
    await page.emulateMedia({ colorScheme: system });
    await page.addInitScript((theme) => theme && localStorage.setItem("listbackup.theme", theme), chosen);
    await page.goto(`${stage.url}/sign-in`);
    const ground = await page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
    const lightness = Number(ground.match(/lab\(([\d.]+)/)?.[1]); // computed colours are lab() here
    expect(lightness > 50 ? "light" : "dark", ground).toBe(seen);
    await demandAccessible(page, "sign-in");
  });
