import { defineConfig } from "vite";

// The service worker is one file of its own with a name that stays: its
// address is what the browser knows it by.
export default defineConfig({
  publicDir: false,
  build: {
    target: "es2022",
    emptyOutDir: false,
    reportCompressedSize: false,
    rollupOptions: { input: "src/worker/worker.ts", output: { format: "iife", entryFileNames: "worker.js" } },
  },
});
