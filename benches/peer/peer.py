"""The summary as a service without rollups makes it: fetch the rows, add up in the process.

What `cargo xtask bench -- history` compares with. PEER_DATABASE_URL says where the rows are, PEER_PORT where to listen.
"""

import json
import os
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

import asyncpg
import uvicorn
from fastapi import FastAPI

pool: asyncpg.Pool


@asynccontextmanager
async def connected(_: FastAPI) -> AsyncIterator[None]:
    global pool
    async with asyncpg.create_pool(os.environ["PEER_DATABASE_URL"], min_size=1, max_size=4) as pool:
        yield


application = FastAPI(lifespan=connected)


@application.get("/summary")
async def summary(user_id: str, start_time: datetime, end_time: datetime) -> dict:
    # The columns are timestamps without a zone, in UTC.
    start_time, end_time = start_time.replace(tzinfo=None), end_time.replace(tzinfo=None)
    rows = await pool.fetch(
        """SELECT * FROM "AgentGraphExecution"
           WHERE "userId" = $1 AND NOT "isDeleted" AND "createdAt" BETWEEN $2 AND $3
           ORDER BY "createdAt" DESC""",
        user_id,
        start_time,
        end_time,
    )
    statuses: dict[str, int] = defaultdict(int)
    runs: dict[str, int] = defaultdict(int)
    costs: dict[str, float] = defaultdict(float)
    durations: list[float] = []
    for row in rows:
        statuses[row["executionStatus"]] += 1
        runs[row["agentGraphId"]] += 1
        if row["stats"] is not None:
            stats = json.loads(row["stats"])
            costs[row["agentGraphId"]] += stats.get("cost", 0) / 100
            durations.append(stats.get("walltime", 0))
    names = {}
    for graph_id in runs:
        name = await pool.fetchval(
            'SELECT name FROM "AgentGraph" WHERE id = $1 ORDER BY version DESC LIMIT 1', graph_id
        )
        names[graph_id] = name or f"Agent {graph_id[:8]}"
    total = sum(durations)
    return {
        "total_credits_used": sum(costs.values()),
        "total_executions": len(rows),
        "successful_runs": statuses["COMPLETED"],
        "failed_runs": statuses["FAILED"] + statuses["TERMINATED"],
        "terminated_runs": statuses["TERMINATED"],
        "most_used_agent": names[max(runs, key=lambda graph_id: runs[graph_id])] if runs else "No agents used",
        "total_execution_time": total,
        "average_execution_time": total / len(durations) if durations else 0,
        "cost_breakdown": {names[graph_id]: cost for graph_id, cost in costs.items()},
    }


if __name__ == "__main__":
    uvicorn.run(application, host="127.0.0.1", port=int(os.environ["PEER_PORT"]), log_level="warning")
