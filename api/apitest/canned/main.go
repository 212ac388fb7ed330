// Command canned serves the page of a plant on a shelf, in the state asked
// for, to look at it in a browser without a line.
package main

import (
	"context"
	"flag"
	"fmt"
	"net"
	"os"
	"os/signal"

	"linesman/api"
	"linesman/api/apitest"
	"linesman/ui"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:0", "address to serve")
	scene := flag.String("scene", string(apitest.Running), fmt.Sprintf("one of %v", apitest.Scenes))
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := serve(ctx, *addr, apitest.Scene(*scene)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func serve(ctx context.Context, addr string, scene apitest.Scene) error {
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	plant := apitest.New(scene, 1)
	config := plant.Config()
	config.UI, config.Addr = ui.Files(), ln.Addr().String()
	handler, err := api.New(config)
	if err != nil {
		return err
	}
	fmt.Printf("http://%s\n", ln.Addr())
	moved := make(chan struct{})
	go func() { defer close(moved); plant.Run(ctx) }()
	defer func() { <-moved }()
	return api.Serve(ctx, ln, handler)
}
