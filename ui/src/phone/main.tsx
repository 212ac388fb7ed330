import "@fontsource-variable/inter/wght.css";
import "../components/ground.css";
import "../recipe/recipe.css";
import "../alarm/alarm.css";

import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { Language } from "../words/Language";
import { PhonePage } from "./PhonePage";

const queries = new QueryClient({ defaultOptions: { queries: { networkMode: "always", retry: 1, refetchOnWindowFocus: true }, mutations: { networkMode: "always" } } });

const root = document.getElementById("root");
if (!root) throw new Error("phone.html has no #root");
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={queries}>
      <Language>
        <PhonePage />
      </Language>
    </QueryClientProvider>
  </StrictMode>,
);
