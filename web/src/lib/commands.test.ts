import { expect, test, vi } from "vitest";
import { commandOf, curlOf } from "@/lib/commands";

test("a command is what a shell takes for the same words", () => {
  expect(commandOf(["export", "Bea's CRM@3"], { format: "csv", stream: ["contacts", "my deals"], files: false, "raw-cells": true })).toBe(
    "listbackup export 'Bea'\\''s CRM@3' --format csv --stream contacts --stream 'my deals' --raw-cells",
  );
});

test("a request by curl holds its body as one word", () => {
  vi.stubGlobal("window", { location: { origin: "https://backup.example" } });
  expect(curlOf("/v2/exports", { format: "csv" })).toBe(
    `curl -H "Authorization: Bearer $LISTBACKUP_KEY" -H "Content-Type: application/json" -d '{"format":"csv"}' https://backup.example/v2/exports`,
  );
});
