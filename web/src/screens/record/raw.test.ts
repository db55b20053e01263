import { expect, test } from "vitest";
import { rawOf, spread } from "@/screens/record/raw";

test("a record is cut out of the answer exactly as it was sent, numbers that JavaScript would round included", () => {
  const record = '{"id":12345678901234567890,"text":"a \\"record\\": {","list":[1.10,{}],"n":null}';
  expect(rawOf(`{"key":"a\\"record\\"","parts":["x",[1]],"since":3,"record":${record}}`, "record")).toBe(record);
  expect(rawOf(`{ "record" : ${record} , "key" : "1" }`, "record")).toBe(record);
  expect(rawOf('{"record":7}', "record")).toBe("7");
});

test("what is not there is not found", () => {
  expect(rawOf('{"key":"1"}', "record")).toBeNull();
  expect(rawOf("{}", "record")).toBeNull();
  expect(rawOf('{"key":{"record":1}}', "record")).toBeNull();
});

test("line breaks are added between the values and never within a text", () => {
  const raw = '{"a":[1,{"b":"x, {y}: \\"z\\""}],"c":{},"d":[ ]}';
  expect(spread(raw)).toBe('{\n  "a": [\n    1,\n    {\n      "b": "x, {y}: \\"z\\""\n    }\n  ],\n  "c": {},\n  "d": []\n}');
  expect(JSON.parse(spread(raw))).toEqual(JSON.parse(raw));
});
