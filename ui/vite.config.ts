import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

// During development the page runs from Vite and asks a running appliance.
const appliance = process.env["LINESMAN"] ?? "http://127.0.0.1:8080";

export default defineConfig({
  plugins: [react()],
  build: {
    target: "es2022",
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0, // the content policy allows no inline scripts or fonts
    reportCompressedSize: false,
    rollupOptions: { input: ["index.html", "phone.html"] },
  },
  server: { host: "127.0.0.1", proxy: { "/api": appliance } },
  test: { environment: "jsdom", include: ["src/**/*.test.{ts,tsx}"] },
});
