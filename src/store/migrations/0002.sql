-- The queue by status, by time and by entity, and one alert's tags, without
-- looking at every alert.
CREATE INDEX alerts_by_status ON alerts (status, snoozed_until);
CREATE INDEX alerts_by_time ON alerts (last DESC, score DESC, id);
CREATE INDEX alerts_by_entity ON alerts (entity);
