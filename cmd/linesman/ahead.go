package main

import "context"

// ahead does n pieces of work, workers of them at a time, and hands what came of each to
// take in their order. It ends early with take's error or ctx's; work under way is waited for.
func ahead[T any](ctx context.Context, workers, n int, work func(i int) T, take func(i int, v T) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	workers = max(workers, 1)
	desks := make(chan struct{}, workers) // taken by whoever works
	order := make(chan chan T, 2*workers) // results that are not yet taken
	go func() {
		defer close(order)
		for i := range n {
			select {
			case desks <- struct{}{}:
			case <-ctx.Done():
				return
			}
			result := make(chan T, 1)
			go func() {
				defer func() { <-desks }()
				result <- work(i)
			}()
			order <- result
		}
	}()
	var err error
	i := 0
	for result := range order {
		v := <-result
		if err == nil {
			if err = ctx.Err(); err == nil {
				err = take(i, v)
			}
			if err != nil {
				cancel()
			}
		}
		i++
	}
	if err == nil {
		err = ctx.Err()
	}
	return err
}
