# The service in a container: the runtimes and the embedded PostgreSQL come from npm at locked versions, so the final
# image holds no Node of its own. glibc only (the embedded PostgreSQL has no musl build).
#
#   docker build -t backup-mx .
#   docker run -p 25:2525 -p 127.0.0.1:8025:8025 -v backup-mx:/var/lib/backup-mx -e MX_HOSTNAME=mx2.example.net \
#     -e MX_ADDRESSES=192.0.2.1 backup-mx
#
# MX_ADDRESSES: a container does not know the addresses that the world reaches it by.

FROM node:24-bookworm-slim AS modules
WORKDIR /app
COPY package.json package-lock.json ./
# Install scripts fetch the runtimes' binaries; package.json lists which may run.
RUN npm ci --omit=dev --no-audit --no-fund

FROM debian:bookworm-slim
# tini is the init: it reaps what the database's launcher leaves and passes SIGTERM on to the service.
RUN apt-get update \
  && apt-get install -y --no-install-recommends tini ca-certificates \
  && rm -rf /var/lib/apt/lists/* \
  # An account with a passwd entry: PostgreSQL refuses a number without a name.
  && useradd --system --uid 10025 --user-group --no-create-home --home-dir /var/lib/backup-mx backup-mx \
  && install -d -m 0700 -o backup-mx -g backup-mx /var/lib/backup-mx
WORKDIR /app
COPY --from=modules /app/node_modules node_modules
COPY package.json schema.graphql LICENSE* ./
COPY bin bin
COPY drizzle drizzle
COPY src src

ENV DATA_DIR=/var/lib/backup-mx \
    SMTP_LISTEN=0.0.0.0:2525 \
    HTTP_LISTEN=0.0.0.0:8025 \
    LOG_FORMAT=json
USER backup-mx
VOLUME /var/lib/backup-mx
EXPOSE 2525 8025
# What waits for the reply after its final dot has SHUTDOWN_GRACE (120 s): stop with `docker stop -t 150`.
STOPSIGNAL SIGTERM
# /healthz is the process alone: while the database is away the service answers 4yz, and a restart would not help.
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=3 \
  CMD ["node_modules/bun/bin/bun.exe", "--no-env-file", "bin/healthcheck.mjs"]
ENTRYPOINT ["/usr/bin/tini", "--", "sh", "bin/start.sh"]
