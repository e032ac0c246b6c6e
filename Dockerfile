# The service alone; its database is a container of its own (docker-compose.yml).
FROM rust:1.95.0-slim-bookworm AS build
WORKDIR /build
COPY . .
RUN --mount=type=cache,target=/usr/local/cargo/registry --mount=type=cache,target=/build/target \
    cargo build --release --locked && cp target/release/ceremony /ceremony

FROM debian:bookworm-slim
RUN useradd --system --uid 10001 --home-dir /var/lib/ceremony --create-home ceremony
COPY --from=build /ceremony /usr/local/bin/ceremony
USER ceremony
WORKDIR /var/lib/ceremony
# Keys and papers; a backup of the database without them is a locked box without its key.
VOLUME /var/lib/ceremony
ENV CEREMONY__SERVER__LISTEN=0.0.0.0:8080 \
    CEREMONY__DATABASE__DATA_DIR=/var/lib/ceremony \
    CEREMONY__LOG__FORMAT=json
EXPOSE 8080
# Asked with what every Debian has, so that the image carries no client.
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s \
    CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/8080 && printf 'GET /health/ready HTTP/1.0\\r\\n\\r\\n' >&3 && grep -q '^ready' <&3"]
ENTRYPOINT ["ceremony"]
CMD ["serve"]
