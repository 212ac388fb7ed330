# Linesman as a container: built by the same script as on a bare machine, run
# without compilers, without root, and able to say whether it is well.
#
#   docker build -t linesman --build-arg VERSION=$(git describe --tags --always) .
#   docker run -p 127.0.0.1:8080:8080 -v linesman:/var/lib/linesman linesman
ARG DEBIAN=debian:12
ARG DEBIAN_SLIM=debian:12-slim

FROM ${DEBIAN} AS build
ARG VERSION=unknown
WORKDIR /src
# Packages, Go, Node and ONNX Runtime change seldom: a layer of their own.
COPY scripts/setup.sh scripts/wheels.txt scripts/
COPY go.mod ./
RUN scripts/setup.sh tools
COPY . .
RUN export LINESMAN_VERSION=${VERSION} LINESMAN_BUILDFLAGS=-trimpath \
 && make licenses \
 && mkdir -p /out/lib /out/doc \
 && cp -P .tools/lib/libonnxruntime.so* /out/lib/ \
 && cp .tools/lib/LICENSE /out/doc/onnxruntime.LICENSE \
 && cp .tools/lib/ThirdPartyNotices.txt /out/doc/onnxruntime.ThirdPartyNotices.txt \
 && cp LICENSE NOTICE docs/licenses.md bin/licenses.txt /out/doc/ \
 && scripts/runtime-packages.sh bin/linesman > /out/packages

FROM ${DEBIAN_SLIM}
COPY --from=build /out/packages /usr/share/linesman/packages
RUN apt-get update \
 && DEBIAN_FRONTEND=noninteractive xargs -a /usr/share/linesman/packages apt-get install -y --no-install-recommends ca-certificates \
 && rm -rf /var/lib/apt/lists/* \
 && groupadd --gid 10001 linesman \
 && useradd --uid 10001 --gid 10001 --home-dir /var/lib/linesman --no-create-home --shell /usr/sbin/nologin linesman \
 && install -d -o linesman -g linesman /var/lib/linesman
COPY --from=build /out/lib/ /usr/lib/linesman/
COPY --from=build /out/doc/ /usr/share/doc/linesman/
COPY --from=build /src/bin/linesman /usr/bin/linesman
ENV LINESMAN_ORT=/usr/lib/linesman/libonnxruntime.so
USER 10001
WORKDIR /var/lib/linesman
VOLUME /var/lib/linesman
EXPOSE 8080
# The demo teaches before it answers.
HEALTHCHECK --interval=10s --timeout=3s --start-period=2m CMD ["linesman", "doctor", "--health", "http://127.0.0.1:8080/healthz"]
ENTRYPOINT ["linesman"]
# Inside of a container everybody is outside: -p decides who may look.
CMD ["demo", "--listen", "0.0.0.0:8080"]
