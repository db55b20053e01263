import { expect, test } from "vitest";
import { Problem } from "@/lib/problem";
import { apart, asked, type ConfigField, describedFields, saidOf } from "@/screens/connections/form-values";

const url: ConfigField = { name: "url", label: "Address", secret: false };
const token: ConfigField = { name: "token", label: "Token", secret: true };

test("secrets are sent apart from what may be shown, and what is empty is not sent", () => {
  const given = { url: " https://crm.example ", token: "t", note: "" };
  expect(apart([url, token, { ...url, name: "note" }], given)).toEqual({ values: { url: "https://crm.example" }, secrets: { token: "t" } });
});

test("the fields of a description are read from its config list", () => {
  const yaml =
    'platform: my-crm\nconfig:   # asked for\n  - name: url\n    label: "The address"\n  - label: Key # secret\n    name: token\n    secret: true\nauth:\n  kind: bearer\n';
  expect(describedFields(yaml)).toEqual([
    { name: "url", label: "The address", secret: false, required: true, help: "" },
    { name: "token", label: "Key", secret: true, required: true, help: "" },
  ]);
  expect(describedFields("platform: x\n")).toEqual([]);
});

test("a field that the API asks for and the form lacks is added to it", () => {
  const problem = new Problem({ fields: [{ pointer: "/secrets/token", message: "needs 'Token'" }] });
  expect(asked(problem, [url]).map((field) => [field.name, field.secret])).toEqual([["token", true]]);
  expect(asked(problem, [token])).toEqual([]);
});

test("what was refused stands at the field that it is about", () => {
  const fields = [url, token];
  expect(saidOf(new Problem({ code: "needs_reauth" }), token, fields, "refused")).toBe("refused");
  expect(saidOf(new Problem({ code: "platform_unreachable", detail: "no answer" }), url, fields, "refused")).toBe("no answer");
  expect(saidOf(new Problem({ fields: [{ pointer: "/values/url", message: "needed" }] }), url, fields, "")).toBe("needed");
});
