"""A token bucket: bursts are let through, and in the long run no more than a rate."""

from __future__ import annotations

import asyncio


class TokenBucket:
    """`rate` requests a second in the long run, `burst` at once. Times are those of the event loop."""

    def __init__(self, rate: float, burst: float) -> None:
        self._rate = rate
        self._burst = burst
        self._tokens = burst
        self._at: float | None = None

    def take(self) -> float:
        """Take a token, also one that is yet to come. Returns the seconds to wait for it."""
        self._refill()
        self._tokens -= 1
        return max(0.0, -self._tokens / self._rate)

    def try_take(self) -> bool:
        """Take a token if there is one."""
        self._refill()
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True

    async def wait(self) -> None:
        """Take a token, and wait for it in the order of asking."""
        seconds = self.take()
        if seconds:
            await asyncio.sleep(seconds)

    @property
    def full(self) -> bool:
        """Whether it is as if nobody had ever taken one."""
        self._refill()
        return self._tokens >= self._burst

    def _refill(self) -> None:
        now = asyncio.get_running_loop().time()
        if self._at is not None:
            self._tokens = min(self._burst, self._tokens + (now - self._at) * self._rate)
        self._at = now
