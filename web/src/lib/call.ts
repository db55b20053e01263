import createFetch, { type Client, type Middleware } from "openapi-fetch";
import { asked } from "@/lib/asked";
import { asProblem, Problem, problemOf } from "@/lib/problem";
import type { paths } from "@/lib/schema";

/** Typed calls: `const { data } = await call.POST("/v2/…", { body })`. They throw Problem. */
export type Call = Client<paths>;

/** Who must sign in, prove a factor or be told: set by the app's shell. */
export const onRefusal: {
  signIn: () => void;
  /** Resolves when the person has shown a factor, rejects when they would not. */
  stepUp: () => Promise<void>;
} = { signIn: () => {}, stepUp: () => Promise.reject(new Problem({ code: "step_up_required" })) };

let csrf: string | null = null;
export const setCsrf = (token: string | null) => {
  csrf = token;
};

/** The API as one account sees it; null is the person without an account. */
export function callOf(account: string | null): Call {
  const call = createFetch<paths>({
    baseUrl: typeof window === "undefined" ? "http://localhost" : window.location.origin,
    fetch: (request) => asked(request) ?? fetch(request),
  });
  call.use(door(account));
  return call;
}

/** Calls of the person, before and beside every account. */
export const personCall = callOf(null);

const SAFE = new Set(["GET", "HEAD"]);

/** What every request carries, and what a refusal leads to. */
function door(account: string | null): Middleware {
  const again = new WeakMap<Request, Request>();
  return {
    onRequest({ request }) {
      if (account) request.headers.set("X-Account-Id", account);
      if (!SAFE.has(request.method)) {
        if (csrf) request.headers.set("X-CSRF-Token", csrf);
        again.set(request, request.clone());
      }
      return request;
    },
    async onResponse({ request, response }) {
      if (response.ok) return response;
      const problem = await problemOf(response);
      const copy = again.get(request);
      if (problem.code === "step_up_required" && copy) {
        await onRefusal.stepUp();
        if (csrf) copy.headers.set("X-CSRF-Token", csrf);
        const second = await fetch(copy);
        if (second.ok) return second;
        throw await problemOf(second);
      }
      if (problem.status === 401 && !request.url.includes("/v2/auth/")) onRefusal.signIn();
      throw problem;
    },
    onError({ error }) {
      return asProblem(error);
    },
  };
}
