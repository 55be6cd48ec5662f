# The tool as an image, for the chart's migration (migrate.image). From the root of the repository:
#
#   docker build --file deploy/tool.Dockerfile --tag registry.example.com/runledger-tool:0.1.0 .
#
# `docker run --rm --env DATABASE_URL … migrate` migrates, `… token --sub scheduler --role service` prints a token.
FROM docker.io/library/rust:1.95-bookworm AS build
WORKDIR /runledger
COPY . .
# Optimising it as much as the host would take minutes, and it waits for the database anyway.
RUN CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 \
    cargo build --locked --release --package xtask

FROM docker.io/library/debian:bookworm-slim
COPY --from=build /runledger/target/release/xtask /usr/local/bin/xtask
# The tool asks for the folder in which it was built. Migrations are inside of the program.
WORKDIR /runledger
USER 65534:65534
ENTRYPOINT ["xtask"]
