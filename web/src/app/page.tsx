import Home from "@/screens/shell/home";

export default function Page() {
  return <Home />;
}
