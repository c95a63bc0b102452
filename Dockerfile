# Worker, webhook server and command line in one image; NODEWAVE_ROLES picks what a container does.
FROM node:24-slim AS base
ENV NODE_ENV=production
WORKDIR /app

FROM base AS build
COPY package.json package-lock.json ./
# The npm package "node" is a development dependency: the image brings Node 24 itself.
RUN npm ci --omit=dev --no-audit --no-fund
COPY tsconfig.json ./
COPY domain ./domain
COPY workflows ./workflows
COPY activities ./activities
COPY client ./client
COPY worker ./worker
COPY cli ./cli
# Bundled here, so that a worker starts quickly and never writes beside its code.
RUN node worker/prebuild.ts /app/bundle

# The programs that render, from the versions that the tests use.
FROM golang:1.26 AS tools
ENV CGO_ENABLED=0 GOFLAGS=-mod=readonly
COPY dev/tools/kustomize /tools/kustomize
COPY dev/tools/helm /tools/helm
RUN cd /tools/kustomize && go build -trimpath -ldflags "-s -w" -o /out/ tool
RUN cd /tools/helm \
  && go build -trimpath -ldflags "-s -w -X helm.sh/helm/v3/internal/version.version=v3.22.0" -o /out/ tool

FROM base
RUN apt-get update \
  && apt-get install -y --no-install-recommends ca-certificates git gpg openssh-client tini \
  && rm -rf /var/lib/apt/lists/* \
  # Writable by whatever user the container runs as.
  && install -d -m 1777 /var/cache/nodewave
COPY --from=build /app /app
COPY --from=tools /out/kustomize /usr/local/bin/kustomize
COPY --from=tools /out/helm /usr/local/bin/helm
# Fewer allocator arenas for the many native threads: 20 MB less for an idle worker.
ENV MALLOC_ARENA_MAX=2 \
  NODEWAVE_BUNDLE_DIR=/app/bundle \
  NODEWAVE_GIT_CACHE=/var/cache/nodewave/git \
  NODEWAVE_WEBHOOK_ADDRESS=0.0.0.0:8080 \
  NODEWAVE_OPERATIONS_ADDRESS=0.0.0.0:9090
USER 1000:1000
EXPOSE 8080 9090
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s \
  CMD ["node", "worker/health-check.ts", "http://127.0.0.1:9090/healthz"]
# tini reaps what git leaves behind and passes SIGTERM on, on which the worker drains.
ENTRYPOINT ["tini", "--"]
CMD ["node", "worker/main.ts"]
