import ApiKeys from "@/screens/api-keys/api-keys";

export const metadata = { title: "API keys" };

export default function Page() {
  return <ApiKeys />;
}
