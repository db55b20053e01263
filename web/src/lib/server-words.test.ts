import { i18n } from "@lingui/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { speak, t } from "@/lib/i18n";
import { reasonSaid } from "@/lib/reason-words";
import { inOurWords, learn, translated } from "@/lib/server-words";

beforeAll(async () => {
  Object.assign(globalThis, { document: { documentElement: {} }, localStorage: { setItem: () => {}, getItem: () => null } });
  await speak("de", false);
  await learn();
});
afterAll(() => i18n.activate("en"));

test("a sentence of the API is said in the reader's language with the same names and numbers", () => {
  expect(inOurWords("a connection named 'shop' exists already")).toBe("Eine Verbindung namens „shop“ gibt es schon.");
  expect(inOurWords(`a source named "Ada's" exists already`)).toBe("Eine Quelle namens „Ada's“ gibt es schon.");
  expect(inOurWords("this account's plan holds 3 sub-accounts")).toBe("Der Tarif dieses Kontos erlaubt höchstens 3 Unterkonten.");
  expect(inOurWords("something that nobody thought of")).toBeNull();
});

test("the most exact pattern counts, and a sentence within a sentence is said too", () => {
  expect(inOurWords("is not a whole number")).toBe("Das ist keine ganze Zahl.");
  expect(inOurWords("nothing expires unattended: 5 of 6 snapshots would go at once")).toBe(
    "Unbeaufsichtigt läuft nichts ab: 5 von 6 Snapshots würden auf einmal wegfallen",
  );
});

test("what is not known stays as the API said it, and nothing is half translated", async () => {
  const unknown = { code: "conflict", title: "It stands in the way of what is there", detail: "the moon is full", hint: "wait a week" };
  expect(await translated(unknown)).toMatchObject({
    title: "Das verträgt sich nicht mit dem, was schon da ist",
    detail: "the moon is full",
    hint: "wait a week",
  });
  const known = { code: "conflict", title: "x", detail: "the account has sub-accounts", hint: "something in English" };
  expect(await translated(known)).toMatchObject({ detail: "Das Konto hat Unterkonten.", hint: null });
  const title = { code: "internal", title: "Something went wrong", detail: "Something went wrong" };
  expect((await translated(title)).detail).toBe("Im Inneren ist etwas schiefgegangen; Näheres steht im Protokoll");
  const field = { code: "invalid", title: "x", detail: "/name: is missing", errors: [{ pointer: "/name", message: "is missing" }] };
  expect(await translated(field)).toMatchObject({
    detail: "/name: Diese Angabe fehlt.",
    errors: [{ pointer: "/name", message: "Diese Angabe fehlt." }],
  });
});

test("a run's reason is said by its code, and by the server's sentence where the code is new", () => {
  expect(reasonSaid(t, "unreachable", "crm.example.com did not answer")).toBe("Die Plattform war nicht erreichbar.");
  expect(reasonSaid(t, "a_new_code", "in English")).toBe("in English");
  expect(reasonSaid(t, null, null)).toBeNull();
});
