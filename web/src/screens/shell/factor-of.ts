type Coded = { factor: "totp" | "recovery_code"; code: string };

/** What was typed as a code: six digits are a one-time code, everything else is a recovery code. */
export function factorOf(typed: string): Coded {
  const code = typed.replace(/\s/g, "");
  return /^\d{6}$/.test(code) ? { factor: "totp", code } : { factor: "recovery_code", code };
}
