package api

import (
	"context"
	"errors"
	"net"
	"net/http"
	"time"
)

// Serve answers on ln until ctx ends, then lets running answers finish for up
// to three seconds and closes. Streams end at once: their requests' contexts
// derive from ctx. It returns nil after an orderly end.
func Serve(ctx context.Context, ln net.Listener, h http.Handler) error {
	s := &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    16 << 10,
		BaseContext:       func(net.Listener) context.Context { return ctx },
	}
	served := make(chan error, 1)
	go func() { served <- s.Serve(ln) }()
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}
	finish, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
	defer cancel()
	err := s.Shutdown(finish)
	if errors.Is(err, context.DeadlineExceeded) {
		err = s.Close()
	}
	if stopped := <-served; !errors.Is(stopped, http.ErrServerClosed) {
		return stopped
	}
	return err
}
