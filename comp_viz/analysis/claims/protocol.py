"""How claims are tested on a checkpoint and data: always alike, so that one test stands beside another."""

TEST_SPLIT = "test"
TEST_RATES = (0.0, 0.3, 0.5, 0.7)  # missing rates of the uniform protocol, for claims on accuracy
TEST_PATTERN = "uniform(0.3)"  # for claims on features and weights
TEST_SEED = 0  # of the drawing
