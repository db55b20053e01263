type Json = Record<string, unknown>;

/** Whether this browser can hold passkeys at all. */
export const hasPasskeys = () => typeof window !== "undefined" && "PublicKeyCredential" in window && window.isSecureContext;

/** Whether it offers passkeys where one types the address. */
export const offersPasskeys = async () => hasPasskeys() && ((await PublicKeyCredential.isConditionalMediationAvailable?.()) ?? false);

/** Lets the person choose a passkey and answers the challenge; what comes back goes to the API as `credential`. Rejects with an AbortError or
 * NotAllowedError when they would not. */
export async function askPasskey(options: Json, how: { signal?: AbortSignal; isQuiet?: boolean } = {}): Promise<Json> {
  const publicKey = {
    ...options,
    challenge: bytesOf(options.challenge as string),
    allowCredentials: described(options.allowCredentials),
  } as PublicKeyCredentialRequestOptions;
  const mediation: CredentialMediationRequirement = how.isQuiet ? "conditional" : "optional";
  const found = (await navigator.credentials.get({ publicKey, mediation, signal: how.signal })) as PublicKeyCredential | null;
  if (!found) throw new DOMException("no passkey was chosen", "NotAllowedError");
  const answer = found.response as AuthenticatorAssertionResponse;
  return {
    ...named(found),
    response: {
      clientDataJSON: textOf(answer.clientDataJSON),
      authenticatorData: textOf(answer.authenticatorData),
      signature: textOf(answer.signature),
      userHandle: answer.userHandle ? textOf(answer.userHandle) : null,
    },
  };
}

/** Makes a passkey on this device or on one beside it. */
export async function makePasskey(options: Json): Promise<Json> {
  const user = options.user as Json;
  const publicKey = {
    ...options,
    challenge: bytesOf(options.challenge as string),
    user: { ...user, id: bytesOf(user.id as string) },
    excludeCredentials: described(options.excludeCredentials),
  } as unknown as PublicKeyCredentialCreationOptions;
  const made = (await navigator.credentials.create({ publicKey })) as PublicKeyCredential | null;
  if (!made) throw new DOMException("no passkey was made", "NotAllowedError");
  const answer = made.response as AuthenticatorAttestationResponse;
  return {
    ...named(made),
    response: {
      clientDataJSON: textOf(answer.clientDataJSON),
      attestationObject: textOf(answer.attestationObject),
      transports: answer.getTransports?.() ?? [],
    },
  };
}

/** Whether the person closed the browser's question: nothing has to be said then. */
export const isClosed = (error: unknown) =>
  error instanceof DOMException && (error.name === "NotAllowedError" || error.name === "AbortError");

const named = (credential: PublicKeyCredential) => ({
  id: credential.id,
  rawId: credential.id,
  type: credential.type,
  authenticatorAttachment: credential.authenticatorAttachment,
  clientExtensionResults: credential.getClientExtensionResults(),
});

const described = (list: unknown) => ((list as Json[] | undefined) ?? []).map((one) => ({ ...one, id: bytesOf(one.id as string) }));

// base64url: older browsers have no PublicKeyCredential.parseRequestOptionsFromJSON
function bytesOf(text: string): ArrayBuffer {
  const raw = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(raw, (sign) => sign.charCodeAt(0)).buffer;
}

const textOf = (bytes: ArrayBuffer) =>
  btoa(String.fromCharCode(...new Uint8Array(bytes)))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
