/** Puts a text onto the clipboard. Over plain http a browser offers no clipboard to scripts but that of a field whose text is selected. */
export async function copyText(text: string): Promise<void> {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const field = document.createElement("textarea");
  field.value = text;
  field.readOnly = true;
  field.className = "sr-only";
  const before = document.activeElement;
  (before?.parentElement ?? document.body).append(field); // within the dialog that holds the focus, if one does
  field.select();
  const isDone = document.execCommand("copy");
  field.remove();
  if (before instanceof HTMLElement) before.focus();
  if (!isDone) throw new Error("the browser does not let a page copy");
}
