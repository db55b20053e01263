import { type Shape, useApi } from "@/lib/api";
import { useHere } from "@/lib/session";
import { leave } from "@/screens/connections/sign-in-trip";
import { useAct } from "@/ui/act";

/** Sends the person to the platform's sign-in page for a connection that exists; what they agree to replaces its credentials. */
export function useRepair(connection: Shape["Connection"]) {
  const api = useApi();
  const here = useHere();
  const { act } = useAct();
  return act(async () => {
    const { data } = await api.call.POST("/v2/connections/oauth/{platform}/start", {
      params: { path: { platform: connection.platform }, query: { reconnect: connection.id } },
      body: {},
    });
    if (data) leave(here.account.id, here.path("/connections"), data.url);
  });
}
