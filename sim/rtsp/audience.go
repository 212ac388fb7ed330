package rtsp

import (
	"github.com/bluenviron/gortsplib/v5"
	"github.com/bluenviron/gortsplib/v5/pkg/base"
	"github.com/bluenviron/gortsplib/v5/pkg/liberrors"
)

// audience answers clients: who may watch, and who does.
type audience struct{ p *Publisher }

// newcomerKeys is how many key pictures follow a newcomer: the first may be
// sent a moment before its seat is taken.
const newcomerKeys = 3

// OnDescribe answers what the stream is.
func (a audience) OnDescribe(ctx *gortsplib.ServerHandlerOnDescribeCtx) (*base.Response, *gortsplib.ServerStream, error) {
	return a.admit(ctx.Conn, ctx.Request, ctx.Path)
}

// OnSetup admits a client to the stream.
func (a audience) OnSetup(ctx *gortsplib.ServerHandlerOnSetupCtx) (*base.Response, *gortsplib.ServerStream, error) {
	return a.admit(ctx.Conn, ctx.Request, ctx.Path)
}

func (a audience) admit(conn *gortsplib.ServerConn, req *base.Request, path string) (*base.Response, *gortsplib.ServerStream, error) {
	if o := a.p.options; o.Username != "" && !conn.VerifyCredentials(req, o.Username, o.Password) {
		return &base.Response{StatusCode: base.StatusUnauthorized}, nil, liberrors.ErrServerAuth{}
	}
	<-a.p.opened
	if a.p.stream == nil || !a.p.sameName(path) {
		return &base.Response{StatusCode: base.StatusNotFound}, nil, nil
	}
	return &base.Response{StatusCode: base.StatusOK}, a.p.stream, nil
}

// OnPlay seats a client.
func (a audience) OnPlay(ctx *gortsplib.ServerHandlerOnPlayCtx) (*base.Response, error) {
	a.p.mu.Lock()
	defer a.p.mu.Unlock()
	a.p.seats[ctx.Session] = struct{}{}
	a.p.keys = newcomerKeys
	select {
	case <-a.p.joined:
	default:
		close(a.p.joined)
	}
	return &base.Response{StatusCode: base.StatusOK}, nil
}

// OnSessionClose takes a client's seat away.
func (a audience) OnSessionClose(ctx *gortsplib.ServerHandlerOnSessionCloseCtx) {
	a.p.mu.Lock()
	defer a.p.mu.Unlock()
	delete(a.p.seats, ctx.Session)
}

// OnPacketsLost is called for packets of clients, which send none.
func (a audience) OnPacketsLost(*gortsplib.ServerHandlerOnPacketsLostCtx) {}

// OnDecodeError is called for what can not be read from a client.
func (a audience) OnDecodeError(*gortsplib.ServerHandlerOnDecodeErrorCtx) {}

// OnStreamWriteError is called for a client that reads too slowly.
func (a audience) OnStreamWriteError(*gortsplib.ServerHandlerOnStreamWriteErrorCtx) {}
