) ELSE '{"conflict": "the hold is captured, released, run out or smaller than that"}' END
