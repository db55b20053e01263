import { expect, test } from "vitest";
import { localPath } from "@/lib/local-path";

test("addresses within the app are gone to as they are", () => {
  for (const path of ["/", "/a/acc_1/sources?tab=runs#x", "/accept-invitation", "/sign-in-log"]) expect(localPath(path)).toBe(path);
});

test("nobody is sent to another host, or round in circles", () => {
  const wanted = [
    null,
    "",
    "https://evil.example",
    "//evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "javascript:alert(1)",
    "/\t/evil.example",
    "/\n/evil.example",
    " /x",
    "sign-in",
    "/sign-in",
    "/sign-in?next=/sign-in",
  ];
  expect(wanted.map(localPath)).toEqual(wanted.map(() => null));
});
